/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADOPT_H
#define MX_ADOPT_H

/* The adopter turns a published plan into the active plan that all workers use.
 *
 *   published -> copied into the spare plan -> checked -> port maps made
 *             -> ports take the new addresses -> pointer swapped
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
#include "region.h"
#include "snat.h"
#include "watchdog.h"
#include "worker.h"

struct adopter {
	struct mx_region *region;
	struct snat snat;
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
 * until the first plan is adopted.  There are no port maps.  Returns 0 or
 * -ENOMEM. */
int adopter_make(struct adopter *adopter, struct worker **worker,
		 uint16_t workers);
void adopter_free(struct adopter *adopter);

/* Check for a new generation, and adopt it.  Waits for the workers, at most one
 * burst.  Returns true if there was one. */
bool adopter_poll(struct adopter *adopter);

#endif /* MX_ADOPT_H */
