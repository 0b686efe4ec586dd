/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_CORES_H
#define MX_MACHINE_CORES_H

/* The cores of workers: do they exist, and can other programs run there?
 *
 * A worker polls all the time.  A program that shares its core takes time from
 * it, and then frames wait or are lost.
 *
 * Threads    any. */
#include "config.h"
#include "hazard.h"

void cores_check(const char *root, const struct mx_config_dataplane *dataplane,
		 struct hazards *found);

#endif /* MX_MACHINE_CORES_H */
