/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_CORES_H
#define MX_MACHINE_CORES_H

/* The cores of workers: do they exist, and can other programs run there?
 *
 * A worker polls all the time.  A program that shares its core takes time from
 * it, and then frames wait or are lost.
 *
 * Threads    any. */
#include <sched.h>

#include "config.h"
#include "hazard.h"

/* The cores of the main thread, given those that the process may use.  It shares
 * the workers' cores only if there are no others. */
cpu_set_t cores_of_main(const struct mx_config_dataplane *dataplane,
			cpu_set_t cores);

/* The cores that the kernel gives to a process: those that are on, and not
 * isolated. */
cpu_set_t cores_not_isolated(const char *root);

/* The NUMA node that has all of some cores, if that is not `node`.  -1: there is
 * none, or `node` is -1. */
int cores_far_node(const char *root, const cpu_set_t *cores, int node);

void cores_check(const char *root, const struct mx_config_dataplane *dataplane,
		 struct hazards *found);

#endif /* MX_MACHINE_CORES_H */
