/* SPDX-License-Identifier: BSD-3-Clause */
#include "slowstart.h"

void
slowstart_follow(struct state *state, uint64_t now_ms)
{
	const struct mx_config *config = state->config;

	for (uint16_t p = 0; p < config->pool_count; p++)
		for (uint16_t i = 0; i < config->pool[p].backend_count; i++) {
			struct backend *b =
				&state->backend[state->pool[p].member[i]];

			b->ramp_percent = ramp_step(
				&b->ramp, health_serves(&b->health) && !b->soft,
				config->pool[p].slow_start_ms, now_ms);
		}
}

bool
slowstart_is_under_way(const struct state *state)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].config != NULL &&
		    state->backend[id].ramp.under_way)
			return true;
	return false;
}
