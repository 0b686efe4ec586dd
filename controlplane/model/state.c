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

const char *
state_health(const struct backend *backend)
{
	return backend->override.admin == ADMIN_MAINT
		       ? "unchecked"
		       : health_name(backend->health.state);
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

static void
weigh_pool(struct state *state, uint16_t p)
{
	struct weight_member member[MX_CONFIG_BACKENDS_MAX];
	struct pool *pool = &state->pool[p];
	const uint16_t count = state->config->pool[p].backend_count;

	for (uint16_t i = 0; i < count; i++) {
		const struct backend *b = &state->backend[pool->member[i]];
		member[i] = (struct weight_member){
			.weight = state_weight(b),
			.tier = b->config->tier,
			.admin = b->override.admin,
			.healthy = health_serves(&b->health),
			.far = state_is_far(b),
		};
	}
	pool->empty = weight_compute(member, count) == 0;
	for (uint16_t i = 0; i < count; i++) {
		struct backend *b = &state->backend[pool->member[i]];
		b->effective_weight = member[i].effective;
		b->why = member[i].why;
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
