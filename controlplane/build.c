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
build_hop(struct mx_backend *row, const struct state *state,
	  const struct backend *b)
{
	bool leads_there = false;

	if (!b->hop.known || state_is_far(b))
		return;
	const uint8_t port =
		port_of(state->config, b->hop.interface, &leads_there);
	if (!leads_there)
		return;
	row->port = port;
	row->resolved = 1;
	row->mtu = b->hop.mtu;
	memcpy(row->mac, b->hop.mac, sizeof(row->mac));
}

/* Where a backend that rests is counted.  Of a pool that left nobody asks for
 * the sum: the last one, which only the fullest configuration has itself. */
static uint16_t
pool_of(const struct mx_config *config, const struct backend *b)
{
	for (uint16_t p = 0; p < config->pool_count; p++)
		if (strcmp(config->pool[p].name, b->pool) == 0)
			return p;
	return MX_POOLS_MAX - 1;
}

/* Each worker keeps its part of the limit by itself.  A limit below the number
 * of workers becomes one session each: any of them may get the next client. */
static void
build_limit(struct mx_backend *row, uint32_t connections_max, uint16_t workers)
{
	if (connections_max == 0)
		return;
	row->sessions_max = connections_max / workers;
	row->sessions_extra = (uint16_t)(connections_max % workers);
	if (row->sessions_max == 0) {
		row->sessions_max = 1;
		row->sessions_extra = 0;
	}
}

static void
build_backend(struct mx_backend *row, const struct state *state, uint16_t id)
{
	const struct backend *b = &state->backend[id];

	if (!b->used)
		return;
	row->address = b->address;
	row->used = 1;
	/* Who rests is not probed, and its sessions may be well. */
	row->up = b->config == NULL || health_serves(&b->health);
	row->serves = b->config != NULL && b->effective_weight > 0;
	row->pool = pool_of(state->config, b);
	row->ended_s = b->ended_s;
	build_hop(row, state, b);
	if (b->config != NULL)
		build_limit(row, b->config->connections_max,
			    state->config->dataplane.worker_count);
}

/* How many of a pool's sessions each of its serving backends may have. */
static void
build_shares(struct mx_plan *plan, const struct state *state, uint16_t p)
{
	const struct mx_config_pool *pool = &state->config->pool[p];
	uint64_t sum = 0;
	uint32_t serving = 0;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		sum += state->backend[id].effective_weight;
		serving += state->backend[id].effective_weight > 0;
	}
	if (pool->load_bound == 0 || serving < 2)
		return;
	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		const uint64_t weight = state->backend[id].effective_weight;
		/* Rounded up: 0 would be no bound. */
		plan->backend[id].share_max =
			(uint32_t)((weight * 65536 * pool->load_bound +
				    100 * sum - 1) /
				   (100 * sum));
	}
}

/* Enter a backend whose replies come through us under its own address; two
 * pools may share a server. */
static void
build_server(struct mx_plan *plan, const struct backend *b)
{
	struct mx_vip server;

	if (!b->used || (!b->nat && !b->was_nat))
		return;
	memset(&server, 0, sizeof(server));
	server.addr = b->address.addr;
	server.port_be = b->address.port_be;
	server.kind = MX_OWNED_SERVER;
	const int error = mx_vip_add(&plan->vips, &server);
	assert(error == 0 || error == -EEXIST); /* there is room for all */
	(void)error;
	plan->nat = 1;
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
		vip.kind = MX_OWNED_ADDRESS;
		if (!own(plan, &vip))
			return false;
		vip.port_be = config->vip[i].port_be;
		vip.index = id;
		vip.kind = MX_OWNED_VIP;
		if (!own(plan, &vip))
			return false;
	}
	return true;
}

/* Those of one family, side by side. */
static bool
build_snats(struct mx_plan *plan, const struct mx_config_service *config,
	    bool is4, struct mx_snat_range *range)
{
	struct mx_vip vip;

	range->first = plan->snats;
	for (uint16_t i = 0; i < config->snat_count; i++) {
		if (mx_addr_is4(&config->snat[i]) != is4)
			continue;
		if (plan->snats == MX_SNATS_MAX)
			return false;
		memset(&vip, 0, sizeof(vip));
		vip.addr = config->snat[i];
		vip.index = plan->snats;
		vip.kind = MX_OWNED_SNAT;
		plan->snat[plan->snats++] = config->snat[i];
		range->count++;
		if (!own(plan, &vip))
			return false;
	}
	return true;
}

/* The address of a prefix, and a mask of its length. */
static void
build_source(struct mx_service *row, const struct mx_config_prefix *prefix)
{
	const bool is4 = mx_addr_is4(&prefix->addr);
	struct mx_tunnel_source *source = is4 ? &row->from4 : &row->from6;
	uint32_t bits = prefix->bits + (is4 ? 96u : 0u);

	source->addr = prefix->addr;
	for (int i = 0; i < 16 && bits > 0; i++) {
		const uint32_t here = bits < 8 ? bits : 8;
		source->mask.byte[i] = (uint8_t)(0xff << (8 - here));
		bits -= here;
	}
}

/* In whole seconds, and never 0, which no timer may be. */
static uint32_t
seconds(uint32_t ms)
{
	return ms == 0 ? 1 : ms / 1000 + (ms % 1000 > 0);
}

static bool
build_service(struct mx_plan *plan, const struct service *service, uint16_t id)
{
	const struct mx_config_service *config = service->config;
	struct mx_service *row = &plan->service[id];

	if (config == NULL)
		return true; /* its VIPs are gone; its id only rests */
	row->used = 1;
	row->forward = (uint8_t)config->forward;
	row->proxy = (uint8_t)config->proxy;
	row->pool = config->pool;
	row->idle_s = seconds(config->idle_ms);
	row->half_open_s = seconds(config->half_open_ms);
	row->closing_s = seconds(config->closing_ms);
	plan->nat |= config->forward == MX_FORWARD_NAT;
	if (config->forward == MX_FORWARD_TUNNEL) {
		row->tunnel = (uint8_t)config->tunnel;
		row->tunnel_port_be = htons(config->tunnel_port);
		for (uint16_t i = 0; i < config->tunnel_source_count; i++)
			build_source(row, &config->tunnel_source[i]);
	}
	return build_snats(plan, config, true, &row->snat4) &&
	       build_snats(plan, config, false, &row->snat6) &&
	       build_vips(plan, config, id);
}

/* Does the plan have an address that only a data plane with room for IPv6 can
 * take? */
static bool
has_ipv6(const struct mx_plan *plan)
{
	for (uint32_t i = 0; i < MX_VIP_SLOTS; i++)
		if (plan->vips.slot[i].kind != MX_OWNED_NOT &&
		    !mx_addr_is4(&plan->vips.slot[i].addr))
			return true;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (plan->backend[id].used &&
		    !mx_addr_is4(&plan->backend[id].address.addr))
			return true;
	return false;
}

static uint32_t
vips_of(const struct mx_config *config)
{
	uint32_t vips = 0;

	for (uint16_t s = 0; s < config->service_count; s++)
		vips += config->service[s].vip_count;
	return vips;
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
	if (vips_of(config) > MX_VIPS_MAX)
		return NULL;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (!build_service(plan, &state->service[id], id))
			return NULL;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		build_backend(&plan->backend[id], state, id);
		build_server(plan, &state->backend[id]);
	}
	for (uint16_t p = 0; p < config->pool_count; p++) {
		plan->pool[p].hash_input = (uint8_t)config->pool[p].hash;
		build_shares(plan, state, p);
		build_pick(builder, state, p);
	}
	plan->ipv6 = has_ipv6(plan);
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
