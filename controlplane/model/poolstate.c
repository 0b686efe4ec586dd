/* SPDX-License-Identifier: BSD-3-Clause */
#include "poolstate.h"

#include <assert.h>
#include <stdio.h>

#include "reason.h"

static const char *const names[] = {
	[POOL_OK] = "ok",
	[POOL_DEGRADED] = "degraded",
	[POOL_EMPTY] = "EMPTY",
};
static_assert(sizeof(names) / sizeof(names[0]) == POOL_STATES,
	      "one name per state");

const char *
pool_state_name(enum pool_state pool_state)
{
	assert(pool_state < POOL_STATES);
	return names[pool_state];
}

/* Does the backend serve as the file says? */
static bool
is_as_meant(const struct backend *b)
{
	return b->why == WEIGHT_SERVING || b->why == WEIGHT_STANDBY ||
	       (b->why == WEIGHT_ZERO && b->config->weight == 0);
}

enum pool_state
pool_state(const struct state *state, uint16_t pool, uint16_t *serving)
{
	const uint16_t members = state->config->pool[pool].backend_count;
	uint16_t count = 0;
	bool as_meant = true;

	for (uint16_t i = 0; i < members; i++) {
		const struct backend *b =
			&state->backend[state->pool[pool].member[i]];
		if (b->effective_weight > 0)
			count++;
		as_meant = as_meant && is_as_meant(b);
	}
	if (serving != NULL)
		*serving = count;
	if (count == 0)
		return POOL_EMPTY;
	return as_meant ? POOL_OK : POOL_DEGRADED;
}

const char *
backend_why(const struct backend *backend, char text[static POOLSTATE_WHY_MAX])
{
	const struct last_check *check = &backend->check;

	if (backend->why != WEIGHT_DOWN && check->known &&
	    reason_kind(check->reason) == REASON_SAYS_NOTHING)
		snprintf(text, POOLSTATE_WHY_MAX, "%s, not checked: %s%s%s",
			 weight_reason_text(backend->why),
			 reason_text(check->reason),
			 check->reply[0] != '\0' ? ": " : "", check->reply);
	else if (backend->why != WEIGHT_DOWN || !check->known)
		snprintf(text, POOLSTATE_WHY_MAX, "%s%s",
			 weight_reason_text(backend->why),
			 backend->override.end_sessions ? ", sessions end"
							: "");
	else if (check->passed)
		snprintf(text, POOLSTATE_WHY_MAX,
			 "down, too few checks passed yet");
	else
		snprintf(text, POOLSTATE_WHY_MAX, "down, %s%s%s",
			 reason_text(check->reason),
			 check->reply[0] != '\0' ? ": " : "", check->reply);
	return text;
}
