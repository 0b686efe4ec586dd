/* SPDX-License-Identifier: BSD-3-Clause */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "rulerows.h"
#include "snatrows.h"

/* The number of claims of a pool that was never built; no pool has so many. */
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
	/* memcmp() compares the padding too */
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

static void
build_pick(struct builder *builder, const struct state *state, uint16_t p)
{
	struct mx_pick_claim claim[MX_CONFIG_BACKENDS_MAX] = {0};
	const uint32_t count = claims_of(state, p, claim);
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

/* The ports of all gateways that lead to a backend. */
static void
build_other_ports(struct mx_plan *plan, const struct state *state,
		  const struct backend *b)
{
	for (uint8_t i = 0; i < b->hop.others; i++) {
		bool leads_there = false;
		const uint8_t port =
			port_of(state->config, b->hop.other[i], &leads_there);

		if (leads_there)
			plan->other_ports |= (uint16_t)(1u << port);
	}
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
	row->routed = b->hop.routed;
	row->mtu = b->hop.mtu;
	memcpy(row->mac, b->hop.mac, sizeof(row->mac));
}

/* The pool that a retired backend is counted in.  If its own pool left the
 * configuration, the sum of that pool is not used: the backend is counted in
 * the last pool, which only the fullest configuration uses. */
static uint16_t
pool_of(const struct mx_config *config, const struct backend *b)
{
	for (uint16_t p = 0; p < config->pool_count; p++)
		if (strcmp(config->pool[p].name, b->pool) == 0)
			return p;
	return MX_POOLS_MAX - 1;
}

/* The limit of each worker: each keeps its part by itself.  A limit below the
 * number of workers becomes one session each, as any worker may get the next
 * client. */
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

/* Are the sessions of a backend to end?  A retired one goes by the backend that
 * has its name now. */
static bool
is_watched(const struct state *state, const struct backend *b)
{
	char label[STATE_LABEL_MAX];

	if (b->config == NULL)
		b = &state->backend[state_find(state, state_label(b, label))];
	return b->override.admin == ADMIN_DRAIN && b->override.end_sessions;
}

static void
build_backend(struct mx_backend *row, const struct state *state, uint16_t id)
{
	const struct backend *b = &state->backend[id];

	if (!b->used)
		return;
	row->address = b->address;
	row->used = 1;
	/* A retired backend is not probed, and its sessions may be healthy. */
	row->up = b->config == NULL || health_serves(&b->health);
	row->serves = b->config != NULL && b->effective_weight > 0;
	row->pool = pool_of(state->config, b);
	row->ended_s = b->ended_s;
	row->watched = is_watched(state, b);
	/* Elsewhere a weight alone is no reason for another plan. */
	if (b->config != NULL &&
	    state->config->pool[row->pool].balance != MX_BALANCE_HASH)
		row->weight = b->share;
	build_hop(row, state, b);
	if (b->config != NULL)
		build_limit(row, state_sessions_max(b),
			    state->config->dataplane.worker_count);
}

/* Enter the address and port of a backend.  Two pools may share a server.  If
 * mxsteer forwards the server's replies under its own address for one of the
 * pools, the row for that pool is entered first. */
static void
build_server(struct mx_plan *plan, const struct backend *b, bool nat)
{
	struct mx_owned server;

	if (!b->used || (b->nat || b->was_nat) != nat)
		return;
	memset(&server, 0, sizeof(server));
	server.addr = b->address.addr;
	server.port_be = b->address.port_be;
	server.kind = nat ? MX_OWNED_SERVER : MX_OWNED_BACKEND;
	const int error = mx_owned_add(&plan->owned, &server);
	assert(error == 0 || error == -EEXIST); /* the table has room for all */
	(void)error;
	plan->nat |= nat;
}

/* Enter an address.  Two VIPs may share theirs, so it may have been entered
 * before. */
static bool
own(struct mx_plan *plan, const struct mx_owned *vip)
{
	const int error = mx_owned_add(&plan->owned, vip);

	return error == 0 || (error == -EEXIST && vip->port_be == 0);
}

/* Enter an address that must not have been entered before. */
static bool
own_anew(struct mx_plan *plan, const struct mx_owned *vip)
{
	return mx_owned_add(&plan->owned, vip) == 0;
}

static bool
build_vips(struct mx_plan *plan, const struct mx_config_service *config,
	   uint16_t id)
{
	struct mx_owned vip;

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

/* Enter a retired service for its sessions, which go on as they began.  A
 * segment of an unknown session goes to the pool of the service, if the pool
 * still exists. */
static void
build_retired_service(struct mx_plan *plan, const struct state *state,
		      uint16_t id)
{
	const struct service *service = &state->service[id];
	struct mx_service *row = &plan->service[id];

	*row = service->row;
	row->pool = MX_POOL_NONE;
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		if (strcmp(state->config->pool[p].name, service->pool) == 0)
			row->pool = p;
}

static bool
build_service(struct mx_plan *plan, const struct state *state, uint16_t id)
{
	const struct service *service = &state->service[id];
	const struct mx_config_service *config = service->config;
	struct mx_service *row = &plan->service[id];

	if (service->retired && service->row.used)
		build_retired_service(plan, state, id);
	if (config == NULL)
		return true;
	*row = service->row;
	row->pool = config->pool;
	plan->nat |= config->forward == MX_FORWARD_NAT;
	return rulerows_allow(plan, &config->clients, &row->clients) &&
	       snatrows_add(plan, config, true, &row->snat4) &&
	       snatrows_add(plan, config, false, &row->snat6) &&
	       build_vips(plan, config, id);
}

/* Enter the addresses that left the configuration and may have sessions.  If
 * the configuration has such an address in another part, that part is
 * entered. */
static void
build_retired(struct mx_plan *plan, const struct retired *retired)
{
	for (uint16_t i = 0; i < retired->count; i++) {
		const struct retired_address *row = &retired->row[i];
		struct mx_owned vip;

		if (row->at.port_be == 0) {
			snatrows_add_retired(plan, row);
			continue;
		}
		memset(&vip, 0, sizeof(vip));
		vip.addr = row->at.addr;
		vip.kind = MX_OWNED_ADDRESS;
		if (!plan->service[row->service].used || !own(plan, &vip) ||
		    mx_owned_find(&plan->owned, &vip.addr, 0)->kind !=
			    MX_OWNED_ADDRESS)
			continue;
		vip.kind = MX_OWNED_RETIRED;
		vip.port_be = row->at.port_be;
		vip.index = row->service;
		plan->retired |= own_anew(plan, &vip);
	}
}

/* Does the plan have an address that needs a data plane with room for IPv6? */
static bool
has_ipv6(const struct mx_plan *plan)
{
	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++)
		if (plan->owned.slot[i].kind != MX_OWNED_NOT &&
		    !mx_addr_is4(&plan->owned.slot[i].addr))
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

	/* The pick tables stay: build_pick() remembers the claims of each. */
	mx_plan_init(plan, 0);
	plan->pools = config->pool_count;
	plan->key = state->key;
	plan->strict_ports = config->strict_ports == MX_SWITCH_ON;
	if (vips_of(config) > MX_VIPS_MAX)
		return NULL;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (!build_service(plan, state, id))
			return NULL;
	if (!snatrows_add_peers(plan, &config->group))
		return NULL;
	build_retired(plan, &state->retired);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		build_backend(&plan->backend[id], state, id);
		build_other_ports(plan, state, &state->backend[id]);
		build_server(plan, &state->backend[id], true);
	}
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		build_server(plan, &state->backend[id], false);
	for (uint16_t p = 0; p < config->pool_count; p++) {
		plan->pool[p].hash_input = (uint8_t)config->pool[p].hash;
		plan->pool[p].least =
			config->pool[p].balance != MX_BALANCE_HASH;
		claims_bound(plan, state, p);
		build_pick(builder, state, p);
	}
	mx_plan_choose_snats(plan);
	rulerows_build(plan, state);
	snatrows_quieten(plan, state);
	announcements_build(plan, &state->announcements);
	plan->ways = state->ways;
	memcpy(plan->way, state->way, sizeof(plan->way));
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
