/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"

struct state *
state_new(void)
{
	struct state *state = calloc(1, sizeof(*state));

	if (state == NULL)
		return NULL;
	const int error = chance_fill(&state->key, sizeof(state->key));
	if (error != 0) {
		free(state);
		errno = -error;
		return NULL;
	}
	return state;
}

void
state_free(struct state *state)
{
	mx_config_free(state->config);
	free(state);
}

char *
state_label(const struct backend *backend, char *label)
{
	snprintf(label, STATE_LABEL_MAX, "%s/%s", backend->pool, backend->name);
	return label;
}

const char *
state_subject(const struct backend *backend,
	      char subject[static STATE_SUBJECT_MAX])
{
	snprintf(subject, STATE_SUBJECT_MAX, "backend %s/%s", backend->pool,
		 backend->name);
	return subject;
}

uint16_t
state_find(const struct state *state, const char *label)
{
	char candidate[STATE_LABEL_MAX];

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].config != NULL &&
		    strcmp(state_label(&state->backend[id], candidate),
			   label) == 0)
			return id;
	return MX_BACKEND_NONE;
}

enum admin_state
state_admin(const struct backend *backend)
{
	const enum admin_state own = backend->override.admin;

	return backend->has_agent && backend->agent.admin > own
		       ? backend->agent.admin
		       : own;
}

uint32_t
state_sessions_max(const struct backend *backend)
{
	const uint32_t file = backend->config->connections_max;
	const uint32_t agent =
		backend->has_agent ? backend->agent.sessions_max : 0;

	if (file == 0 || agent == 0)
		return file + agent;
	return file < agent ? file : agent;
}

const char *
state_health(const struct backend *backend)
{
	if (state_admin(backend) == ADMIN_MAINT)
		return "unchecked";
	if (backend->soft)
		return "soft";
	if ((backend->degraded || backend->flawed) &&
	    backend->health.state == HEALTH_UP)
		return "degraded";
	return health_name(backend->health.state);
}

uint16_t
state_weight(const struct backend *backend)
{
	return backend->override.weight_set ? backend->override.weight
					    : backend->config->weight;
}

uint16_t
state_ids(const struct state *state, const char *label,
	  uint16_t id[static MX_BACKENDS_MAX])
{
	const struct backend *configured =
		&state->backend[state_find(state, label)];
	char candidate[STATE_LABEL_MAX];
	uint16_t count = 0;

	for (uint16_t i = 1; i <= MX_BACKENDS_MAX; i++) {
		const struct backend *b = &state->backend[i];

		if (!b->used)
			continue;
		if (strcmp(state_label(b, candidate), label) == 0 ||
		    (b->retired && configured->used &&
		     mx_endpoint_equal(&b->address, &configured->address)))
			id[count++] = i;
	}
	return count;
}

static uint16_t
whole_if_unset(uint16_t percent)
{
	return percent == 0 ? 100 : percent;
}

static uint16_t
certificate_percent(const struct backend *b,
		    const struct mx_config_check *check)
{
	if (!b->flawed)
		return 100;
	return mx_check_requires_tls(check) ? WEIGHT_CERTIFICATE_TLS_PERCENT
					    : WEIGHT_CERTIFICATE_PERCENT;
}

/* Gather what reduces the weight of a backend. */
static void
set_percents(struct backend *b, const struct mx_config_check *check)
{
	const uint16_t percent[WEIGHT_FACTORS] = {
		[FACTOR_AGENT] = b->has_agent ? b->agent.percent : 100,
		[FACTOR_DEGRADED] = b->degraded ? WEIGHT_DEGRADED_PERCENT : 100,
		[FACTOR_CERTIFICATE] = certificate_percent(b, check),
		[FACTOR_RAMP] = whole_if_unset(b->ramp_percent),
		[FACTOR_LOAD] = whole_if_unset(b->load_percent),
	};

	memcpy(b->percent, percent, sizeof(percent));
}

static void
weigh_pool(struct state *state, uint16_t p)
{
	struct weight_member member[MX_CONFIG_BACKENDS_MAX];
	struct pool *pool = &state->pool[p];
	const uint16_t count = state->config->pool[p].backend_count;

	for (uint16_t i = 0; i < count; i++) {
		struct backend *b = &state->backend[pool->member[i]];
		set_percents(b, &state->config->pool[p].check);
		member[i] = (struct weight_member){
			.weight = state_weight(b),
			.tier = b->config->tier,
			.admin = b->override.admin,
			.healthy = health_serves(&b->health),
			.far = state_is_far(b),
			.soft = b->soft,
			.agent = b->has_agent ? &b->agent : NULL,
		};
		memcpy(member[i].percent, b->percent, sizeof(b->percent));
	}
	pool->empty = weight_compute(member, count) == 0;
	pool->soft = false;
	for (uint16_t i = 0; i < count; i++) {
		struct backend *b = &state->backend[pool->member[i]];
		b->effective_weight = member[i].effective;
		b->share = member[i].share;
		b->why = member[i].why;
		pool->soft |= b->why == WEIGHT_KEPT;
	}
}

void
state_weigh(struct state *state)
{
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		weigh_pool(state, p);
}

bool
state_is_far(const struct backend *backend)
{
	return backend->dsr && backend->hop.routed;
}
