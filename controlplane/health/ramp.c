/* SPDX-License-Identifier: BSD-3-Clause */
#include "ramp.h"

uint16_t
ramp_step(struct ramp *ramp, bool able, uint32_t whole_ms, uint64_t now_ms)
{
	if (able && !ramp->able) {
		ramp->under_way = true;
		ramp->since_ms = now_ms;
	}
	ramp->able = able;
	const uint64_t steps_ms =
		(now_ms - ramp->since_ms) / RAMP_STEP_MS * RAMP_STEP_MS;
	ramp->under_way &= able && steps_ms < whole_ms;
	if (!ramp->under_way)
		return 100;
	return (uint16_t)(RAMP_FIRST_PERCENT +
			  (100 - RAMP_FIRST_PERCENT) * steps_ms / whole_ms);
}
