/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "rig.h"

const struct end rig_vip = {{{0x02, 0, 0, 0, 0, 0x01}},
			    {{[10] = 0xff, 0xff, 198, 51, 100, 25}},
			    25};
const struct end rig_vip6 = {{{0x02, 0, 0, 0, 0, 0x01}},
			     {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x25}},
			     25};
const struct end rig_local = {
	{{0x02, 0, 0, 0, 0, 0x02}}, {{[10] = 0xff, 0xff, 10, 0, 2, 100}}, 0};
const struct end rig_local6 = {
	{{0x02, 0, 0, 0, 0, 0x02}}, {{0xfd, 0, 0, 2, [14] = 1, 0}}, 0};
const struct end rig_client = {{{0x02, 0, 0, 0, 1, 0x01}},
			       {{[10] = 0xff, 0xff, 203, 0, 113, 7}},
			       40000};
const struct end rig_client6 = {{{0x02, 0, 0, 0, 1, 0x01}},
				{{0x20, 0x01, 0xbe, 0xef, [15] = 7}},
				40000};

#define POOL_MTAS 3

/* clang-format off */
static const struct {
	uint8_t forward, tunnel, proxy;
	uint16_t pool;
	bool vip4, vip6;
} services[RIG_SERVICES] = {
	[RIG_FULLNAT_TO4] = {MX_FORWARD_FULLNAT, 0, 0, 0, true, true},
	[RIG_FULLNAT_TO6] = {MX_FORWARD_FULLNAT, 0, 0, 1, true, true},
	[RIG_NAT_TO4] = {MX_FORWARD_NAT, 0, 0, 0, true, false},
	[RIG_NAT_TO6] = {MX_FORWARD_NAT, 0, 0, 1, false, true},
	[RIG_DSR_TO4] = {MX_FORWARD_DSR, 0, 0, 0, true, false},
	[RIG_DSR_TO6] = {MX_FORWARD_DSR, 0, 0, 1, false, true},
	[RIG_IPIP_TO4] = {MX_FORWARD_TUNNEL, MX_TUNNEL_IPIP, 0, 0, true, true},
	[RIG_IPIP_TO6] = {MX_FORWARD_TUNNEL, MX_TUNNEL_IPIP, 0, 1, true, true},
	[RIG_GUE_TO4] = {MX_FORWARD_TUNNEL, MX_TUNNEL_GUE, 0, 0, true, true},
	[RIG_GUE_TO6] = {MX_FORWARD_TUNNEL, MX_TUNNEL_GUE, 0, 1, true, true},
	[RIG_V1_TO4] = {MX_FORWARD_FULLNAT, 0, MX_PROXY_V1, 0, true, true},
	[RIG_V1_TO6] = {MX_FORWARD_FULLNAT, 0, MX_PROXY_V1, 1, true, true},
	[RIG_V2_TO4] = {MX_FORWARD_FULLNAT, 0, MX_PROXY_V2, 0, true, true},
	[RIG_V2_TO6] = {MX_FORWARD_FULLNAT, 0, MX_PROXY_V2, 1, true, true},
};
/* clang-format on */

struct end
rig_mta(int number)
{
	return (struct end){
		.mac = {{0x02, 0, 0, 0, 2, (uint8_t)number}},
		.ip = number <= POOL_MTAS
			      ? ip4(10, 0, 2, (uint8_t)(10 + number))
			      : ip6(0xfd00, 2, (uint16_t)(10 + number)),
		.port = 25,
	};
}

int
rig_mta_number(const struct mx_addr *ip)
{
	return ip->byte[15] - 10;
}

struct end
rig_vip_of(enum rig_service service, bool six)
{
	struct end vip = six ? rig_vip6 : rig_vip;

	vip.port = (uint16_t)(vip.port + service);
	return vip;
}

static void
add_owned(struct mx_plan *plan, const struct mx_addr *ip, uint16_t port,
	  enum mx_owned_kind kind, uint16_t index)
{
	const struct mx_owned vip = {
		.addr = *ip,
		.port_be = rte_cpu_to_be_16(port),
		.index = index,
		.kind = (uint8_t)kind,
	};
	rig_must(mx_owned_add(&plan->owned, &vip) == 0);
}

static void
fill_service(struct mx_plan *plan, uint16_t id, uint16_t snats)
{
	const uint16_t snats6 = (uint16_t)(plan->snats - snats);
	const struct end vip4 = rig_vip_of(id, false);
	const struct end vip6 = rig_vip_of(id, true);

	plan->service[id] = (struct mx_service){
		.used = 1,
		.forward = services[id].forward,
		.proxy = services[id].proxy,
		.tunnel = services[id].tunnel,
		.tunnel_port_be = RTE_BE16(6080),
		.pool = services[id].pool,
		.snat4 = {0, snats},
		.snat6 = {snats, snats6},
		.from4 = {ip4(10, 0, 2, 64), ip4(255, 255, 255, 192)},
		.from6 = {ip6(0xfd00, 3, 0), ip6(0xffff, 0xffff, 0)},
		.idle_s = 900,
		.half_open_s = 30,
		.greeting_s = 330,
		.closing_s = 120,
	};
	memset(plan->service[id].from4.mask.byte, 0xff, 12);
	memset(plan->service[id].from6.mask.byte, 0xff, 8);
	if (services[id].vip4)
		add_owned(plan, &vip4.ip, vip4.port, MX_OWNED_VIP, id);
	if (services[id].vip6)
		add_owned(plan, &vip6.ip, vip6.port, MX_OWNED_VIP, id);
}

static void
fill_backend(struct mx_plan *plan, int id)
{
	const struct end mta = rig_mta(id);
	struct mx_backend *backend = &plan->backend[id];

	*backend = (struct mx_backend){
		.address = {mta.ip, rte_cpu_to_be_16(mta.port)},
		.used = 1,
		.up = 1,
		.serves = 1,
		.resolved = 1,
		.port = LAN,
		.pool = (uint16_t)((id - 1) / POOL_MTAS),
	};
	memcpy(backend->mac, &mta.mac, 6);
	add_owned(plan, &mta.ip, mta.port, MX_OWNED_SERVER, (uint16_t)id);
}

/* The address that is `number` behind another one of the same /112. */
static struct mx_addr
later(struct mx_addr addr, uint16_t number)
{
	uint16_t low;

	memcpy(&low, &addr.byte[14], sizeof(low));
	low = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(low) + number));
	memcpy(&addr.byte[14], &low, sizeof(low));
	return addr;
}

void
rig_fill_plan(struct mx_plan *plan, uint16_t snats)
{
	mx_plan_init(plan, RIG_POOLS);
	plan->key =
		(struct mx_hash_key){{0x243f6a8885a308d3, 0x13198a2e03707344}};
	plan->ipv6 = 1;
	plan->nat = 1;
	plan->strict_ports = 1;
	rig_must(snats < MX_SNATS_MAX);
	plan->snats = (uint16_t)RTE_MIN(2 * snats, MX_SNATS_MAX);
	for (uint16_t i = 0; i < plan->snats; i++) {
		plan->snat[i] = i < snats ? later(rig_local.ip, i)
					  : later(rig_local6.ip, i - snats);
		add_owned(plan, &plan->snat[i], 0, MX_OWNED_SNAT, i);
	}
	add_owned(plan, &rig_vip.ip, 0, MX_OWNED_ADDRESS, 0);
	add_owned(plan, &rig_vip6.ip, 0, MX_OWNED_ADDRESS, 0);
	for (uint16_t id = 0; id < RIG_SERVICES; id++)
		fill_service(plan, id, snats);
	for (int id = 1; id <= RIG_POOLS * POOL_MTAS; id++)
		fill_backend(plan, id);
}

void
rig_set_weights(struct rig *rig, const uint16_t weight[POOL_MTAS])
{
	struct mx_pick_claim claims[POOL_MTAS];

	for (uint16_t pool = 0; pool < RIG_POOLS; pool++) {
		for (uint16_t i = 0; i < POOL_MTAS; i++) {
			const uint16_t id =
				(uint16_t)(pool * POOL_MTAS + i + 1);
			claims[i] = (struct mx_pick_claim){
				.seed = i, .backend = id, .weight = weight[i]};
			rig->active->plan.backend[id].serves = weight[i] > 0;
		}
		rig_must(mx_pick_build(&rig->active->plan.pick[pool], claims,
				       POOL_MTAS) == 0);
	}
}
