/* SPDX-License-Identifier: BSD-3-Clause */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Claims of a pool that was never built: no pool has so many. */
#define CLAIMS_UNKNOWN UINT32_MAX

struct builder *
builder_new(void)
{
	struct builder *builder = calloc(1, sizeof(*builder));

	if (builder == NULL)
		return NULL;
	builder->plan = aligned_alloc(64, (MX_PLAN_SIZE_MAX + 63) / 64 * 64);
	if (builder->plan == NULL) {
		free(builder);
		return NULL;
	}
	/* Gaps between fields are compared too. */
	memset(builder->plan, 0, MX_PLAN_SIZE_MAX);
	for (int p = 0; p < MX_POOLS_MAX; p++)
		builder->claims[p] = CLAIMS_UNKNOWN;
	return builder;
}

void
builder_free(struct builder *builder)
{
	free(builder->plan);
	free(builder);
}

/* FNV-1a: a backend has the same seed on every box, whatever its id. */
static uint64_t
claim_seed(const struct backend *backend)
{
	char label[STATE_LABEL_MAX];
	uint64_t seed = 0xcbf29ce484222325u;

	for (const char *c = state_label(backend, label); *c != '\0'; c++)
		seed = (seed ^ (uint8_t)*c) * 0x100000001b3u;
	return seed;
}

static int
by_seed(const void *a, const void *b)
{
	const struct mx_pick_claim *left = a, *right = b;

	return left->seed < right->seed ? -1 : left->seed > right->seed;
}

static void
build_pick(struct builder *builder, const struct state *state, uint16_t p)
{
	struct mx_pick_claim claim[MX_CONFIG_BACKENDS_MAX] = {0};
	uint32_t count = 0;

	for (uint16_t i = 0; i < state->config->pool[p].backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		const struct backend *b = &state->backend[id];
		if (b->effective_weight > 0) {
			claim[count].seed = claim_seed(b);
			claim[count].backend = id;
			claim[count++].weight = b->effective_weight;
		}
	}
	/* Not the order of the file: boxes may list them differently. */
	qsort(claim, count, sizeof(claim[0]), by_seed);
	const size_t size = count * sizeof(claim[0]);
	if (builder->claims[p] == count &&
	    memcmp(builder->claim[p], claim, size) == 0)
		return;
	memcpy(builder->claim[p], claim, size);
	builder->claims[p] = count;
	const int error = mx_pick_build(&builder->plan->pick[p], claim, count);
	assert(error == 0);
	(void)error;
}

static uint8_t
port_of(const struct mx_config *config, const char *interface, bool *found)
{
	for (uint8_t i = 0; i < config->dataplane.port_count; i++) {
		if (strcmp(config->dataplane.port[i].interface, interface) ==
		    0) {
			*found = true;
			return i;
		}
	}
	*found = false;
	return 0;
}

static void
build_backend(struct mx_backend *row, const struct state *state, uint16_t id)
{
	const struct backend *b = &state->backend[id];
	bool leads_there = false;

	if (!b->used)
		return;
	row->address = b->address;
	row->used = 1;
	/* Who rests is not probed, and its sessions may be well. */
	row->up = b->config == NULL || health_serves(&b->health);
	row->serves = b->config != NULL && b->effective_weight > 0;
	if (b->hop.known)
		row->port =
			port_of(state->config, b->hop.interface, &leads_there);
	row->resolved = leads_there;
	if (leads_there)
		memcpy(row->mac, b->hop.mac, sizeof(row->mac));
}

/* Enter an address of ours.  One entered already is fine where two may mean
 * the same: two services may share their local addresses. */
static bool
own(struct mx_plan *plan, const struct mx_vip *vip)
{
	const int error = mx_vip_add(&plan->vips, vip);

	return error == 0 || (error == -EEXIST && vip->port_be == 0);
}

static bool
build_vips(struct mx_plan *plan, const struct mx_config_service *config,
	   uint16_t id)
{
	struct mx_vip vip;

	for (uint16_t i = 0; i < config->vip_count; i++) {
		memset(&vip, 0, sizeof(vip));
		vip.addr = config->vip[i].addr;
		vip.port_be = config->vip[i].port_be;
		vip.index = id;
		vip.kind = MX_OWNED_VIP;
		if (!own(plan, &vip))
			return false;
		vip.port_be = 0;
		vip.index = 0;
		vip.kind = MX_OWNED_ADDRESS;
		if (!own(plan, &vip))
			return false;
	}
	return true;
}

static bool
build_snats(struct mx_plan *plan, const struct mx_config_service *config,
	    struct mx_service *row)
{
	struct mx_vip vip;

	if (plan->snats + config->snat_count > MX_SNATS_MAX)
		return false;
	row->snat_first = plan->snats;
	row->snat_count = config->snat_count;
	for (uint16_t i = 0; i < config->snat_count; i++) {
		memset(&vip, 0, sizeof(vip));
		vip.addr = config->snat[i];
		vip.index = plan->snats;
		vip.kind = MX_OWNED_SNAT;
		plan->snat[plan->snats++] = config->snat[i];
		if (!own(plan, &vip))
			return false;
	}
	return true;
}

static bool
build_service(struct mx_plan *plan, const struct service *service, uint16_t id)
{
	const struct mx_config_service *config = service->config;
	struct mx_service *row = &plan->service[id];

	if (config == NULL)
		return true; /* its VIPs are gone; its id only rests */
	row->used = 1;
	row->forward = MX_FORWARD_FULLNAT;
	row->pool = config->pool;
	row->idle_s = STATE_IDLE_S;
	row->half_open_s = STATE_HALF_OPEN_S;
	row->closing_s = STATE_CLOSING_S;
	return build_snats(plan, config, row) && build_vips(plan, config, id);
}

const struct mx_plan *
builder_run(struct builder *builder, const struct state *state)
{
	const struct mx_config *config = state->config;
	struct mx_plan *plan = builder->plan;

	/* The pick tables stay as they are: build_pick() knows of what. */
	mx_plan_init(plan, 0);
	plan->pools = config->pool_count;
	plan->key = state->key;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (!build_service(plan, &state->service[id], id))
			return NULL;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		build_backend(&plan->backend[id], state, id);
	for (uint16_t p = 0; p < config->pool_count; p++) {
		plan->pool[p].hash_input = (uint8_t)config->pool[p].hash;
		build_pick(builder, state, p);
	}
	return plan;
}

bool
plan_same(const struct mx_plan *a, const struct mx_plan *b)
{
	const size_t skip = offsetof(struct mx_plan, key);

	return a->pools == b->pools &&
	       memcmp((const uint8_t *)a + skip, (const uint8_t *)b + skip,
		      MX_PLAN_SIZE(a->pools) - skip) == 0;
}
