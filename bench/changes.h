/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BENCH_CHANGES_H
#define MX_BENCH_CHANGES_H

/* Changes of plan under a running worker.
 *
 * The region and the plan swap are the product's.  Each change gives 256
 * backends other weights: their pick table is built, the plan published, waited
 * for as long as the data plane's main thread sleeps at most, copied, checked
 * and put in force.
 *
 * Threads    main.  A worker loads swap.current and reports quiescent states to
 *            swap.quiescent as number 0. */
#include <limits.h>

#include "planswap.h"
#include "rig.h"
#include "watchdog.h"

/* The round of the data plane's main thread; see dataplane/main.c. */
#define CHANGES_ROUND_NS 500000

struct changes {
	struct plan_swap swap;
	struct watchdog watchdog;
	struct mx_region *region;
	struct mx_plan *plan;
	uint32_t turn;
	char instance[MX_NAME_MAX];
	int fd;
};

/* Put the plan of a fresh rig in force, whose port maps become the swap's. */
void changes_begin(struct changes *changes, struct rig *rig);

/* Make one change, and wait until it is in force.  Returns the milliseconds
 * that it took. */
double changes_make(struct changes *changes);

void changes_end(struct changes *changes);

#endif /* MX_BENCH_CHANGES_H */
