/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLANSWAP_H
#define MX_PLANSWAP_H

/* The plan swap turns a published plan into the active plan that all workers
 * use.
 *
 *   published -> copied into the spare plan -> checked -> port maps made
 *             -> deny lists loaded -> ports take the new addresses
 *             -> pointer swapped
 *             -> every worker quiescent -> ports give up the old addresses
 *             -> acknowledged
 *
 * There are two active plans: the workers' and the spare.  A refused plan does
 * not change the workers' plan, and the region gets the reason.
 *
 * Threads    main. */
#include <stdatomic.h>

#include <rte_rcu_qsbr.h>

#include "activeplan.h"
#include "denyload.h"
#include "region.h"
#include "snat.h"
#include "watchdog.h"
#include "worker.h"

struct plan_swap {
	struct mx_region *region;
	struct snat snat;
	struct deny_load deny;
	uint16_t ports;
	bool wide; /* sessions have room for IPv6 addresses */
	struct rte_rcu_qsbr *quiescent;
	struct watchdog *watchdog; /* checks the workers while main waits for
				    * them */
	const struct active_plan *_Atomic current; /* what workers load */
	struct active_plan *active[2];
	uint64_t seen; /* the last generation looked at */
};

/* Make two active plans.  The current one is empty: the kernel gets all frames
 * until the first plan is in force.  There are no port maps.  Returns 0 or
 * -ENOMEM. */
int plan_swap_make(struct plan_swap *swap, struct worker **worker,
		   uint16_t workers);
void plan_swap_free(struct plan_swap *swap);

/* Check for a new generation, and put it in force.  Waits for the workers, at
 * most one burst.  Returns true if there was one. */
bool plan_swap_poll(struct plan_swap *swap);

#endif /* MX_PLANSWAP_H */
