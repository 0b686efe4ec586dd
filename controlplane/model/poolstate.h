/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_POOLSTATE_H
#define MX_POOLSTATE_H

/* How well a pool serves, in a word.
 *
 * degraded   A backend that the file gives work to does not do it: it is down,
 *            out of reach, or an operator took it out.  A standby tier that
 *            waits, and a backend whose weight in the file is 0, are as meant.
 * Threads    the event loop. */
#include "state.h"

enum pool_state { POOL_OK, POOL_DEGRADED, POOL_EMPTY, POOL_STATES };

/* *serving: how many of its backends take new sessions; or NULL. */
enum pool_state pool_state(const struct state *state, uint16_t pool,
			   uint16_t *serving);

/* "ok", "degraded", "EMPTY" */
const char *pool_state_name(enum pool_state pool_state);

#define POOLSTATE_WHY_MAX 256

/* Why a backend has the weight that it has; what its last check met, if the
 * backend is down or the check did not count.  Returns text. */
const char *backend_why(const struct backend *backend,
			char text[static POOLSTATE_WHY_MAX]);

#endif /* MX_POOLSTATE_H */
