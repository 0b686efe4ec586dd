/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHECKUSER_H
#define MX_CHECKUSER_H

/* Is the control plane's user on this host, and can it read the file?
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* path: of the configuration. */
void checkuser(const char *path, const struct mx_config *config,
	       struct hazards *found);

#endif /* MX_CHECKUSER_H */
