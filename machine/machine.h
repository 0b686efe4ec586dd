/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_MACHINE_H
#define MX_MACHINE_MACHINE_H

/* Is this machine fit for a data plane with a configuration?  Both
 * `mxsteer-dataplane --check` and `mxsteer config check --host` ask here.
 *
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* Add all hazards of the machine: ports, cards, cores, memory, kernel.
 * root: see sysfile.h. */
void machine_check(const char *root, const struct mx_config *config,
		   struct hazards *found);

#endif /* MX_MACHINE_MACHINE_H */
