/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BALANCER_H
#define MX_BALANCER_H

/* The balancer gives the backends of pools with `balance: load` a part of their
 * weights, by the times that the workers count (balance.h).
 *
 * Threads    the event loop. */
#include "region.h"
#include "state.h"

struct balancer {
	/* The counters at the last look. */
	struct {
		bool known;
		uint64_t waits;
		uint64_t wait_us;
		uint64_t opened;
		uint64_t words;
	} before[MX_BACKENDS_MAX + 1];
};

/* One look, once a second.  Returns whether the weight of any backend may be
 * another now. */
bool balancer_look(struct balancer *balancer, struct state *state,
		   const struct mx_region *region);

#endif /* MX_BALANCER_H */
