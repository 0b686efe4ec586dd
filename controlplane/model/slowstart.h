/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SLOWSTART_H
#define MX_SLOWSTART_H

/* The slow starts of all backends, as `slow-start` of their pools says.
 *
 * A backend starts slowly when it comes up, and when it no longer says "try
 * later".  One that was up before a restart of the control plane does not.
 *
 * Threads    the event loop. */
#include "state.h"

/* Before weights are computed: step each backend. */
void slowstart_follow(struct state *state, uint64_t now_ms);

/* Is a backend under way?  Then its weight changes each second. */
bool slowstart_is_under_way(const struct state *state);

#endif /* MX_SLOWSTART_H */
