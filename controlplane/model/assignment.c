/* SPDX-License-Identifier: BSD-3-Clause */
#include "assignment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inheritance.h"
#include "leaving.h"

/* The backend's old id, or the first free id, or MX_BACKEND_NONE. */
static uint16_t
backend_id(const struct state *state, const char *pool,
	   const struct mx_config_backend *config)
{
	uint16_t first_free = MX_BACKEND_NONE;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];
		if (!b->used && first_free == MX_BACKEND_NONE)
			first_free = id;
		if (b->used && strcmp(b->name, config->name) == 0 &&
		    strcmp(b->pool, pool) == 0 &&
		    mx_endpoint_equal(&b->address, &config->address))
			return id;
	}
	return first_free;
}

static int
assign_backend(struct state *state, uint16_t pool, uint16_t index,
	       int64_t now_s)
{
	const struct mx_config_pool *from = &state->config->pool[pool];
	const struct mx_config_backend *config = &from->backend[index];
	const uint16_t id = backend_id(state, from->name, config);

	if (id == MX_BACKEND_NONE)
		return -ENOSPC;
	struct backend *b = &state->backend[id];
	/* A backend that comes back starts anew.  It keeps only the operator's
	 * overrides and what is known of its sessions. */
	if (!b->used || b->retired) {
		*b = (struct backend){.used = true,
				      .since_s = now_s,
				      .override = b->override,
				      .ended_s = b->ended_s,
				      .was_nat = b->nat || b->was_nat};
		snprintf(b->pool, sizeof(b->pool), "%s", from->name);
		snprintf(b->name, sizeof(b->name), "%s", config->name);
		b->address = config->address;
	}
	b->config = config;
	state->pool[pool].member[index] = id;
	return 0;
}

/* Is this the service that config describes?  If only the state file knows the
 * service, its mode is not known. */
static bool
is_service(const struct service *s, const struct mx_config_service *config,
	   const struct mx_service *row)
{
	return s->used && s->config == NULL &&
	       strcmp(s->name, config->name) == 0 &&
	       (!s->row.used || servicerow_same_way(&s->row, row));
}

static int
assign_service(struct state *state, const struct mx_config_service *config)
{
	const struct mx_service row = servicerow_of(config);
	struct service *place = NULL;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		struct service *s = &state->service[id];
		if (is_service(s, config, &row)) {
			place = s;
			break;
		}
		if (!s->used && place == NULL)
			place = s;
	}
	if (place == NULL)
		return -ENOSPC;
	*place = (struct service){.used = true, .row = row, .config = config};
	snprintf(place->name, sizeof(place->name), "%s", config->name);
	snprintf(place->pool, sizeof(place->pool), "%s",
		 state->config->pool[config->pool].name);
	return 0;
}

/* Note in the backends of a service's pool how the service forwards. */
static void
mark_modes(struct state *state)
{
	const struct mx_config *config = state->config;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct backend *b = &state->backend[id];
		b->was_nat |= b->nat;
		b->nat = b->dsr = b->direct = false;
	}
	for (uint16_t s = 0; s < config->service_count; s++) {
		const struct mx_config_service *service = &config->service[s];
		const uint16_t p = service->pool;
		for (uint16_t i = 0; i < config->pool[p].backend_count; i++) {
			struct backend *b =
				&state->backend[state->pool[p].member[i]];
			b->dsr |= service->forward == MX_FORWARD_DSR;
			b->direct |= mx_forward_is_direct(service->forward);
			b->nat |= service->forward == MX_FORWARD_NAT;
		}
	}
}

/* Retire the services and backends that the new configuration did not claim. */
static void
retire_the_others(struct state *state, int64_t now_s)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct backend *b = &state->backend[id];
		if (!b->used || b->config != NULL || b->retired)
			continue;
		b->retired = true;
		b->retired_since_s = now_s;
	}
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		struct service *s = &state->service[id];
		if (!s->used || s->config != NULL || s->retired)
			continue;
		s->retired = true;
		s->retired_since_s = now_s;
	}
}

static int
assign_all(struct state *state, int64_t now_s)
{
	const struct mx_config *config = state->config;
	int error = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		state->backend[id].config = NULL;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		state->service[id].config = NULL;
	memset(state->pool, 0, sizeof(state->pool));

	for (uint16_t s = 0; s < config->service_count && error == 0; s++)
		error = assign_service(state, &config->service[s]);
	for (uint16_t p = 0; p < config->pool_count; p++)
		for (uint16_t b = 0;
		     b < config->pool[p].backend_count && error == 0; b++)
			error = assign_backend(state, p, b, now_s);
	if (error != 0)
		return error;
	retire_the_others(state, now_s);
	mark_modes(state);
	return 0;
}

static void
carry_pool(const struct pool *before, struct pool *next)
{
	next->empty = before->empty;
	next->soft = before->soft;
}

/* What was known of a pool before is not logged again. */
static void
carry_pools(const struct state *before, struct state *next)
{
	if (before->config == NULL)
		return;
	for (uint16_t p = 0; p < next->config->pool_count; p++)
		for (uint16_t old = 0; old < before->config->pool_count; old++)
			if (strcmp(next->config->pool[p].name,
				   before->config->pool[old].name) == 0)
				carry_pool(&before->pool[old], &next->pool[p]);
}

struct state *
state_next(const struct state *state, struct mx_config *config, int64_t now_s,
	   int *error)
{
	struct state *next = malloc(sizeof(*next));

	if (next == NULL) {
		*error = -ENOMEM;
		return NULL;
	}
	*next = *state;
	next->config = config;
	*error = assign_all(next, now_s);
	if (*error == 0)
		*error = retired_follow(&next->retired, next, state->config,
					config, now_s);
	if (*error != 0) {
		free(next);
		return NULL;
	}
	next->applied++;
	inherit(state, next);
	carry_pools(state, next);
	return next;
}

int
state_apply(struct state *state, struct mx_config *config, int64_t now_s)
{
	int error;
	struct state *next = state_next(state, config, now_s, &error);

	if (next == NULL)
		return error;
	mx_config_free(state->config);
	*state = *next;
	free(next);
	return 0;
}
