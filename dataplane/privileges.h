/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PRIVILEGES_H
#define MX_PRIVILEGES_H

/* What the process may do: all that a start takes, and then what its ports need.
 *
 * Threads    main, while the workers do not run. */
#include <stdbool.h>

#include "config.h"

/* Find the control plane's user, and join its group: what either plane owns is
 * for the other to read.  Before any file of the instance is opened.  Returns
 * false with the reason in the log if this host has no such user. */
bool privileges_find(const struct mx_config *config);

/* Give up what the started ports do not need, in every thread.
 * Returns 0, or -errno with the reason in the log. */
int privileges_drop(const struct mx_config *config);

#endif /* MX_PRIVILEGES_H */
