/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_POOLSTATE_H
#define MX_POOLSTATE_H

/* How well a pool serves, in one word.
 *
 * degraded   A backend that should serve by the file does not serve: it is
 *            down, out of reach, or an operator took it out.  A standby tier
 *            that waits and a backend of weight 0 do not degrade a pool.
 * Threads    the event loop. */
#include "state.h"

enum pool_state { POOL_OK, POOL_DEGRADED, POOL_EMPTY, POOL_STATES };

/* *serving: how many of its backends take new sessions; may be NULL. */
enum pool_state pool_state(const struct state *state, uint16_t pool,
			   uint16_t *serving);

/* "ok", "degraded", "EMPTY" */
const char *pool_state_name(enum pool_state pool_state);

#define POOLSTATE_WHY_MAX 256

/* Why a backend has its present weight.  If the backend is down or its last
 * check did not count, the text adds the result of that check.  Returns
 * text. */
const char *backend_why(const struct backend *backend,
			char text[static POOLSTATE_WHY_MAX]);

#endif /* MX_POOLSTATE_H */
