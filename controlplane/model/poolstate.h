/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_POOLSTATE_H
#define MX_POOLSTATE_H

/* How well a pool serves, in one word.
 *
 * degraded   A backend that should serve by the file does not serve: it is
 *            down, soft, out of reach, or an operator or its agent took it
 *            out; or it serves and lacks something.  A standby tier that waits,
 *            a backend of weight 0, a slow start and a balance of load do not
 *            degrade a pool.
 * Threads    the event loop. */
#include "state.h"

enum pool_state { POOL_OK, POOL_DEGRADED, POOL_EMPTY, POOL_STATES };

/* *serving: how many of its backends take new sessions; may be NULL. */
enum pool_state pool_state(const struct state *state, uint16_t pool,
			   uint16_t *serving);

/* "ok", "degraded", "EMPTY" */
const char *pool_state_name(enum pool_state pool_state);

/* Does the backend serve as the file says, and lacks nothing? */
bool backend_is_well(const struct backend *backend);

/* Who of a pool gets new sessions: an event tells when it changes. */
enum pool_service {
	POOL_SERVES,
	POOL_SERVES_SOFT, /* all that could are soft */
	POOL_SERVES_NOT,
};

/* Write what each pool of the configuration does now. */
void pool_services(const struct state *state,
		   enum pool_service service[static MX_POOLS_MAX]);

/* Add an event for each pool that does something else than before. */
void pool_services_tell(const struct state *state,
			const enum pool_service before[static MX_POOLS_MAX]);

#define POOLSTATE_NOTE_MAX (NOTE_TEXT_MAX + 2)

/* Write who wishes what the weight comes from, why and for how long: ": kernel
 * upgrade, alice (uid 1000), 1h20m left"; "" if no operator does.  Returns
 * text. */
const char *backend_note(const struct backend *backend,
			 char text[static POOLSTATE_NOTE_MAX]);

#define POOLSTATE_WHY_MAX (256 + NOTE_TEXT_MAX)

/* Why a backend has its present weight.  If its health or its agent is the
 * cause, or its last check did not count, the text adds what was said; if an
 * operator's wish is, who wished it, why, and how much time is left.  Returns
 * text. */
const char *backend_why(const struct backend *backend,
			char text[static POOLSTATE_WHY_MAX]);

/* The same without what an operator's wish adds: anyone may read it.  Returns
 * text. */
const char *backend_public_why(const struct backend *backend,
			       char text[static POOLSTATE_WHY_MAX]);

#endif /* MX_POOLSTATE_H */
