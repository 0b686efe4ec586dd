/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_TENANTS_H
#define MX_MACHINE_TENANTS_H

/* Other programs on the cores of workers: threads that are pinned to them, and
 * threads that run on them at this moment.  Threads of the kernel, this process,
 * and the data plane of the configuration's own instance do not count.
 *
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* Returns how many MiB in huge pages the data plane of the instance has. */
unsigned tenants_check(const char *root, const struct mx_config *config,
		       struct hazards *found);

#endif /* MX_MACHINE_TENANTS_H */
