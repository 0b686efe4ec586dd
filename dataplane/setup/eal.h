/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EAL_H
#define MX_EAL_H

/* DPDK's environment from our configuration: cores, memory, devices.
 *
 * Lcore 0 is main, on the cores that no worker polls on.  Lcore i + 1 is worker
 * i, pinned to its core.
 * Threads    main. */
#include <stdbool.h>

#include "config.h"

/* The memory that EAL took. */
struct eal_memory {
	bool huge; /* in huge pages */
	int node;  /* all of it on this NUMA node; -1: on any */
};

/* Start EAL.  Logs what is wrong, or that it goes on without huge
 * pages because too few are free.  no_huge: use no huge pages.  If another
 * process takes huge pages that were counted as free, this process starts again
 * without them (smallpages.h).  Returns 0 with *memory set, or
 * -errno. */
int eal_start(const struct mx_config *config, bool no_huge,
	      struct eal_memory *memory);

/* Give back what EAL has, once all ports are closed. */
void eal_end(const struct mx_config *config);

/* Remove the folder in /run/dpdk that eal_start() made without huge pages. */
void eal_remove_folder(void);

#endif /* MX_EAL_H */
