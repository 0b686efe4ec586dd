/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADOPT_H
#define MX_ADOPT_H

/* From a published plan to the view all workers use.
 *
 *   published -> copied into the spare view -> checked -> port maps made
 *             -> ports take the new addresses -> pointer swapped
 *             -> every worker quiescent -> ports give up the old addresses
 *             -> acknowledged
 *
 * There are two views: the workers' and the spare.  A plan that is refused
 * leaves the workers' alone and says why in the region.
 *
 * Threads    main. */
#include <stdatomic.h>

#include <rte_rcu_qsbr.h>

#include "region.h"
#include "snat.h"
#include "view.h"
#include "watchdog.h"
#include "worker.h"

struct adopter {
	struct mx_region *region;
	struct snat snat;
	uint16_t ports;
	bool wide; /* sessions have room for IPv6 addresses */
	struct rte_rcu_qsbr *quiescent;
	struct watchdog *watchdog; /* watches while we wait for workers */
	const struct view *_Atomic current; /* what workers load */
	struct view *view[2];
	uint64_t seen; /* the last generation looked at */
};

/* Two views, the current one empty: all frames are the kernel's until the
 * first plan is adopted; and no port maps.  Returns 0 or -ENOMEM. */
int adopter_make(struct adopter *adopter, struct worker **worker,
		 uint16_t workers);
void adopter_free(struct adopter *adopter);

/* Look whether a new generation is published, and adopt it.  Waits for the
 * workers, who take a burst at most.  Returns true if there was one. */
bool adopter_poll(struct adopter *adopter);

#endif /* MX_ADOPT_H */
