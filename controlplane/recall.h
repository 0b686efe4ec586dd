/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECALL_H
#define MX_RECALL_H

/* Take up what only the plan in the region remembers after a restart of the
 * control plane: next hops, ways, when sessions were ended, and what is
 * retired.
 * Threads    the event loop. */
#include "nexthop.h"
#include "plan.h"
#include "sessioncounts.h"
#include "state.h"

void recall_plan(struct state *state, struct nexthops *hops,
		 struct session_counts *counts, const struct mx_plan *plan);

#endif /* MX_RECALL_H */
