/* SPDX-License-Identifier: BSD-3-Clause */
#include "liveness.h"

#include <assert.h>

static const char *const names[] = {
	[LIVENESS_STOPPED] = "stopped",
	[LIVENESS_STARTING] = "starting",
	[LIVENESS_RUNNING] = "running",
	[LIVENESS_SILENT] = "silent",
};
static_assert(sizeof(names) / sizeof(names[0]) == LIVENESS_STATES,
	      "one name per state");

const char *
liveness_name(enum liveness_state state)
{
	assert(state < LIVENESS_STATES);
	return names[state];
}

bool
liveness_step(struct liveness *liveness, bool locked, uint64_t heartbeat,
	      uint64_t now_ms, uint32_t silent_ms)
{
	const enum liveness_state before = liveness->state;
	uint64_t passed_ms = now_ms - liveness->looked_ms;

	if (passed_ms > LIVENESS_LOOK_MS)
		passed_ms = LIVENESS_LOOK_MS;
	liveness->looked_ms = now_ms;
	if (heartbeat != liveness->heartbeat || before == LIVENESS_STOPPED)
		liveness->still_ms = 0;
	else if (liveness->still_ms < UINT32_MAX - LIVENESS_LOOK_MS)
		liveness->still_ms += (uint32_t)passed_ms;
	liveness->heartbeat = heartbeat;

	if (!locked)
		liveness->state = LIVENESS_STOPPED;
	else if (heartbeat == 0)
		liveness->state = LIVENESS_STARTING;
	else if (liveness->still_ms < silent_ms)
		liveness->state = LIVENESS_RUNNING;
	else
		liveness->state = LIVENESS_SILENT;
	return liveness->state != before;
}
