/* SPDX-License-Identifier: BSD-3-Clause */
#include "wish.h"

bool
agent_put(struct state *state, uint16_t id, const struct agent_wish *wish)
{
	struct backend *b = &state->backend[id];
	const bool had_agent = b->has_agent;
	const struct agent_wish before = b->agent;

	b->has_agent = wish != NULL;
	b->agent = wish != NULL ? *wish : (struct agent_wish){.percent = 100};
	b->agent.text[AGENT_TEXT_MAX - 1] = '\0';
	if (b->agent.percent > WEIGHT_PERCENT_MAX)
		b->agent.percent = WEIGHT_PERCENT_MAX;
	return b->has_agent != had_agent || b->agent.admin != before.admin ||
	       b->agent.down != before.down ||
	       b->agent.percent != before.percent ||
	       b->agent.sessions_max != before.sessions_max;
}

bool
load_put(struct state *state, uint16_t id, uint16_t percent)
{
	struct backend *b = &state->backend[id];
	const uint16_t before = b->load_percent;

	b->load_percent = percent < 1 ? 1 : percent > 100 ? 100 : percent;
	return b->load_percent != before;
}
