/* SPDX-License-Identifier: BSD-3-Clause */
#include "troublemtas.h"

#include "apply.h"
#include "clock.h"
#include "likeness.h"
#include "reports.h"
#include "state.h"

/* MTAs of two makes always differ, so this is a note: `expect` says what each must
 * offer. */
void
troubles_of_likeness(struct troubles *troubles, const struct sources *sources)
{
	const struct mx_config *config = sources->state->config;

	for (uint16_t p = 0; p < config->pool_count; p++) {
		const struct alike *alike = likenesses_of(
			sources->likenesses, p, config->pool[p].name);
		const unsigned others = alike->count + alike->more - 1u;

		if (alike->count == 0)
			continue;
		trouble_add(troubles, TROUBLE_NOTE,
			    "pool %s: its MTAs are not alike: %s%s",
			    config->pool[p].name, alike->text[0],
			    others > 0 ? "; and more: see show pools" : "");
	}
}

/* A week is little time for an operator; what renews certificates by itself
 * does so before. */
void
troubles_of_certificates(struct troubles *troubles,
			 const struct sources *sources)
{
	const int64_t now_s = clock_wall_s();
	char label[STATE_LABEL_MAX];

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];
		const struct certificate *c = &b->profile.tls.certificate;
		const uint8_t mark = certificate_ends_soon(c, now_s);
		const int32_t days = certificate_days_left(c, now_s);

		if (b->config == NULL || mark == 0)
			continue;
		trouble_add(troubles,
			    mark <= 7 ? TROUBLE_WARNING : TROUBLE_NOTE,
			    "backend %s: its certificate of %.80s ends in %d "
			    "day%s",
			    state_label(b, label), c->names, days,
			    days == 1 ? "" : "s");
	}
}

void
troubles_of_agents(struct troubles *troubles, const struct sources *sources)
{
	char label[STATE_LABEL_MAX];

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];
		const struct agent *agent =
			agents_get(sources->applier->agents, id);

		if (agent == NULL || !agent_is_silent(agent) ||
		    b->override.agent_ignored ||
		    b->override.admin == ADMIN_MAINT)
			continue;
		trouble_add(troubles, TROUBLE_WARNING,
			    "agent %s does not answer: %s; %s",
			    state_label(b, label), asker_end_text(agent->end),
			    agent_is_known(agent)
				    ? "what it said last still counts"
				    : "see show agents");
	}
}

void
troubles_of_discovery(struct troubles *troubles, const struct sources *sources)
{
	const struct discovery *discovery = sources->applier->discovery;

	for (uint16_t i = 0; i < discovery->count; i++) {
		const struct discovery_pool *pool = discovery->pool[i];

		if (pool->held[0] != '\0')
			trouble_add(troubles, TROUBLE_WARNING,
				    "pool %s: DNS for %s: %s: the pool stays "
				    "as it is",
				    pool->pool, pool->config.mx, pool->held);
		if (pool->notes[0] != '\0')
			trouble_add(troubles, TROUBLE_NOTE,
				    "pool %s: DNS for %s: %s", pool->pool,
				    pool->config.mx, pool->notes);
	}
	if (sources->applier->refusal[0] != '\0')
		trouble_add(troubles, TROUBLE_WARNING,
			    "what DNS names is not in force: %s",
			    sources->applier->refusal);
}
