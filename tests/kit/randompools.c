/* SPDX-License-Identifier: BSD-3-Clause */
#include "randompools.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "override.h"
#include "planmaker.h"

enum families { ONLY4 = 1, ONLY6 = 2, BOTH = 3 };

static const struct {
	const char *mode;
	enum families vip;
	enum families backend;
	uint32_t backends;
} kinds[RANDOMPOOLS_SERVICES] = {
	{"client-address: hidden, snat: [\"10.0.2.100\", \"fd00:2::100\"]",
	 BOTH, BOTH, 8},
	{"client-address: hidden, snat: [\"10.0.2.101\", \"fd00:2::101\"]",
	 BOTH, BOTH, 2},
	{"client-address: hidden, snat: [\"10.0.2.100\", \"fd00:2::100\"]",
	 BOTH, ONLY4, 20},
	{"forward: nat", ONLY4, ONLY4, 5},
	{"forward: nat", ONLY6, ONLY6, 3},
	{"forward: dsr", ONLY4, ONLY4, 1},
	{"forward: dsr", ONLY6, ONLY6, 13},
	{"forward: tunnel, tunnel: {type: ipip, source: [\"10.0.2.128/26\", "
	 "\"fd00:3::/64\"]}",
	 BOTH, BOTH, 4},
	{"forward: tunnel, tunnel: {type: gue, source: [\"10.0.2.128/26\", "
	 "\"fd00:3::/64\"]}",
	 BOTH, BOTH, 6},
};

/* IPv4 clients near each other. */
#define NEIGHBOURS 1024

static uint64_t drawn;

uint32_t
draw(uint32_t below)
{
	static const struct mx_hash_key key = {
		{0x452821e638d01377u, 0xbe5466cf34e90c6cu}};

	return (uint32_t)(mx_hash_words(&key, ++drawn, 0) >> 32) % below;
}

static bool
happens(uint32_t percent)
{
	return draw(100) < percent;
}

void
randompools_setup(void)
{
	planmaker_setup();
	/* The same in each run, as all else is. */
	state->key = (struct mx_hash_key){
		{0x13198a2e03707344u, 0xa4093822299f31d0u}};
}

void
randompools_teardown(void)
{
	planmaker_teardown();
}

bool
randompools_has_vip(uint32_t service, bool six)
{
	return kinds[service].vip & (six ? ONLY6 : ONLY4);
}

static size_t
write_service(char *text, size_t size, uint32_t s, bool moved)
{
	const int port = RANDOMPOOLS_PORT_FIRST + (int)s;
	const int host = moved ? 26 : 25;
	char vip4[32] = "", vip6[40] = "";

	if (randompools_has_vip(s, false))
		snprintf(vip4, sizeof(vip4), "\"198.51.100.%d:%d\"", host,
			 port);
	if (randompools_has_vip(s, true))
		snprintf(vip6, sizeof(vip6), "\"[2001:db8::%d]:%d\"", host,
			 port);
	return (size_t)snprintf(text, size,
				"  - {name: s%u, pool: p%u, %s, listen: "
				"[%s%s%s]}\n",
				s, s, kinds[s].mode, vip4,
				kinds[s].vip == BOTH ? ", " : "", vip6);
}

/* Some modes leave the port as it is, so backends have that of the VIP. */
static size_t
write_pool(char *text, size_t size, uint32_t p)
{
	size_t used = (size_t)snprintf(text, size,
				       "  - name: p%u\n    backends:\n", p);

	for (uint32_t b = 0; b < kinds[p].backends; b++) {
		const bool six = kinds[p].backend == ONLY6 ||
				 (kinds[p].backend == BOTH && b % 2 == 1);
		used += (size_t)snprintf(text + used, size - used,
					 six ? "      - {name: b%u, address: "
					       "\"[fd00:2:%x::%x]:%u\"}\n"
					     : "      - {name: b%u, address: "
					       "\"10.0.%u.%u:%u\"}\n",
					 b, p + 3, b + 1,
					 RANDOMPOOLS_PORT_FIRST + p);
	}
	return used;
}

void
randompools_apply(uint32_t turn, uint32_t moved)
{
	char text[PLANMAKER_TEXT_MAX - 256];
	size_t used = (size_t)snprintf(text, sizeof(text), "services:\n");

	for (uint32_t s = 0; s < RANDOMPOOLS_SERVICES; s++)
		used += write_service(text + used, sizeof(text) - used, s,
				      s == moved);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "pools:\n");
	for (uint32_t p = 0; p < RANDOMPOOLS_SERVICES; p++)
		used += write_pool(text + used, sizeof(text) - used,
				   (p + turn) % RANDOMPOOLS_SERVICES);
	ck_assert_uint_lt(used, sizeof(text));
	planmaker_apply(text, 0);
}

static void
change_backend(struct backend *b, struct mx_config_backend *config,
	       bool all_down)
{
	static const uint16_t weights[] = {0,   1,   10,  100,
					   100, 100, 500, MX_WEIGHT_MAX};
	const struct override override = {
		.admin = happens(85) ? ADMIN_READY
				     : (enum admin_state)draw(ADMIN_STATES),
		.weight_set = happens(20),
		.weight = (uint16_t)draw(MX_WEIGHT_MAX + 1),
	};

	config->weight = weights[draw(sizeof(weights) / sizeof(weights[0]))];
	config->tier = happens(20) ? 10 : 0;
	config->connections_max = happens(50) ? 0 : 1 + draw(250);
	b->health.state = !all_down && happens(85) ? HEALTH_UP : HEALTH_DOWN;
	override_restore(b, &override);
	b->hop = (struct nexthop){
		.known = happens(95), .mac = {2, 0, 0, 0, 2}, .mtu = 1500};
	strcpy(b->hop.interface, "eth1");
}

const struct mx_plan *
randompools_change(void)
{
	static const uint16_t bounds[] = {0, 101, 105, 125};

	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		struct mx_config_pool *pool = &state->config->pool[p];
		const bool all_down = happens(5);

		pool->hash = (enum mx_hash_input)draw(MX_HASH_INPUTS);
		pool->load_bound = bounds[draw(4)];
		pool->balance =
			happens(25) ? MX_BALANCE_LEAST : MX_BALANCE_HASH;
		for (uint16_t i = 0; i < pool->backend_count; i++)
			change_backend(
				&state->backend[state->pool[p].member[i]],
				&pool->backend[i], all_down);
	}
	return planmaker_build();
}

/* Some clients are near each other, so that a hash of their prefix loads few
 * backends; some take an address that no client has.  No two of those near each
 * other have the same address and port, and of the others hardly any. */
struct mx_endpoint
randompools_client(const struct mx_plan *plan, bool six)
{
	static uint32_t near;
	struct mx_endpoint client = {.port_be =
					     (uint16_t)(1 + draw(UINT16_MAX))};

	if (happens(2)) {
		const uint16_t id = (uint16_t)(1 + draw(50));
		const struct mx_backend *backend = &plan->backend[id];
		if (backend->used && mx_addr_is4(&backend->address.addr) != six)
			return backend->address;
	}
	for (int i = 0; i < 16; i++)
		client.addr.byte[i] = (uint8_t)draw(256);
	if (happens(50))
		client.addr.byte[0] = 0x20;
	if (!six && happens(50)) {
		client.addr =
			mx_addr_from4(htonl(0xcb007100u + near % NEIGHBOURS));
		client.port_be = htons((uint16_t)(1 + near++ / NEIGHBOURS));
	} else if (!six) {
		client.addr = mx_addr_from4(draw(UINT32_MAX));
	}
	return client;
}
