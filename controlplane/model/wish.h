/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WISH_H
#define MX_WISH_H

/* The one door for what others than the operator ask of a backend's weight: its
 * agent, and the balance of load.
 *
 * The caller then lets the plan follow, if the function says that something
 * changed.  The state file has both, so that a restart lifts nothing.
 *
 * Threads    the event loop. */
#include "state.h"

/* What the backend's agent says from now on; NULL: its agent is not heard any
 * more, so that it restricts nothing.  A percent over WEIGHT_PERCENT_MAX is
 * taken for that.  Returns true if the plan may change. */
bool agent_put(struct state *state, uint16_t id, const struct agent_wish *wish);

/* A part of the weight, 1 to 100; what is outside is taken for the nearest.
 * Returns true if it changed. */
bool load_put(struct state *state, uint16_t id, uint16_t percent);

#endif /* MX_WISH_H */
