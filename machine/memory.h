/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_MEMORY_H
#define MX_MACHINE_MEMORY_H

/* Huge pages for the data plane.
 * Threads    any. */
#include <stdbool.h>

#include "hazard.h"

struct memory_need {
	unsigned mib; /* 0: not known */
	int node;     /* the NUMA node that the memory must be on; -1: any */
	/* A data plane with this memory runs already, so that free pages say
	 * nothing. */
	bool taken;
};

/* MiB in huge pages of all sizes that mxsteer uses, on a node, or on all
 * (-1). */
unsigned memory_all_mib(const char *root, int node);
unsigned memory_free_mib(const char *root, int node);

void memory_check(const char *root, const struct memory_need *need,
		  struct hazards *found);

#endif /* MX_MACHINE_MEMORY_H */
