/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TWINS_H
#define MX_TWINS_H

/* The kernel's twins of the ports: made, and given to the workers.
 *
 * Threads    main, while no worker runs. */
#include "config.h"
#include "ports.h"

/* Make a twin for each port that wants one.  The ports must be started, as
 * their twins have their MAC addresses.  Logs what fails.  Returns 0 or
 * -errno. */
int twins_make(const struct ports *ports, const struct mx_config *config);

/* Stop the twins of the ports, once no worker runs any more. */
void twins_stop(const struct worker *w, const struct mx_region_header *header);

#endif /* MX_TWINS_H */
