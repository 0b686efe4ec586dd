/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORECAST_H
#define MX_FORECAST_H

/* What a worker would do with a client's SYN now: the data plane's own code
 * (choice.h and flowowner.h in tables/), given a plan and the counters of the
 * worker that owns the flow.
 *
 * A worker may be a burst ahead of its counters.  After a change of plan it
 * takes some rounds to count sessions by their new pools.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "choice.h"
#include "region.h"

struct forecast {
	struct mx_choice choice;
	/* The worker that owns the flow.  If it is not known, since the session
	 * files cannot be read, the choice is that of a worker without
	 * sessions. */
	bool owner_known;
	uint16_t owner;
	/* Why the first candidate is not the chosen one. */
	bool first_is_full;
	bool first_is_over_share;
};

/* flow: from a client to a VIP.  now_s: CLOCK_MONOTONIC. */
struct forecast forecast_flow(const struct mx_region *region,
			      const struct mx_plan *plan,
			      const struct mx_flow *flow, uint32_t now_s);

#endif /* MX_FORECAST_H */
