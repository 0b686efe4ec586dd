/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECALL_H
#define MX_RECALL_H

/* What an earlier control plane knew.
 *
 * recall_state() reads the state file.  A file that is of no use is logged, and
 * the state stays empty.  recall_plan() takes up what only the plan in the region remembers after a restart of the
 * control plane: next hops, ways, when sessions were ended, and what is
 * retired.
 *
 * Threads    the event loop. */
#include "history.h"
#include "nexthop.h"
#include "plan.h"
#include "sessioncounts.h"
#include "state.h"

/* Read the history of configurations, for its path.  What is damaged is an event,
 * and the rest is taken. */
void recall_history(struct history *history);

void recall_state(struct state *state, const char *path);
void recall_plan(struct state *state, struct nexthops *hops,
		 struct session_counts *counts, const struct mx_plan *plan);

#endif /* MX_RECALL_H */
