/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of look-ups that change nothing: hashes, owned addresses, the choice
 * of a backend, the worker that owns a flow.  Method: 1,024 keys in a row,
 * which with their tables stay in the cache.
 *
 *   taskset -c 1 build/bench/bench_tables [--json] */
#include "hash.h"
#include "owned.h"
#include "pick.h"
#include "rssowner.h"
#include "timed.h"

#define KEYS 1024u
#define ROUNDS 1000
#define BUILDS 3
#define BACKENDS 256

static struct mx_hash_key key; /* drawn at random, so that it is no constant for
			        * the compiler */

static struct mx_flow flow6[KEYS];
static struct mx_flow4 flow4[KEYS];
static struct mx_flow flow[KEYS]; /* the flows of flow4, in the form for any
				   * family */
static uint32_t drawn[KEYS];

static struct mx_owned_table table;
static struct mx_endpoint asked[KEYS];
static struct mx_pick pick;
static struct mx_pick_claim claims[BACKENDS];
static struct rss_owner rss_owner;

static void
draw_keys(void)
{
	key = (struct mx_hash_key){{timed_draw(), timed_draw()}};
	for (uint32_t i = 0; i < KEYS; i++) {
		const uint64_t word[4] = {timed_draw(), timed_draw(),
					  timed_draw(), timed_draw()};

		memcpy(&flow6[i].src, &word[0], sizeof(flow6[i].src));
		memcpy(&flow6[i].dst, &word[2], sizeof(flow6[i].dst));
		flow6[i].src_port_be = (uint16_t)timed_draw();
		flow6[i].dst_port_be = htons(25);
		flow4[i] = (struct mx_flow4){
			.src_be = (uint32_t)word[0],
			.dst_be = (uint32_t)word[1],
			.src_port_be = flow6[i].src_port_be,
			.dst_port_be = htons(25),
		};
		flow[i] = (struct mx_flow){mx_addr_from4(flow4[i].src_be),
					   mx_addr_from4(flow4[i].dst_be),
					   flow4[i].src_port_be,
					   flow4[i].dst_port_be};
		drawn[i] = (uint32_t)timed_draw();
	}
}

static void
hash_client4(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_hash_client4(&key, flow4[i].src_be,
					  flow4[i].src_port_be));
}

static void
hash_client6(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_hash_client6(&key, flow6[i].src.byte,
					  flow6[i].src_port_be));
}

static void
hash_flow(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_hash_pick(&key, MX_HASH_FLOW, &flow[i]));
}

static void
hash_prefix(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_hash_pick(&key, MX_HASH_SOURCE_PREFIX, &flow[i]));
}

static void
measure_hash(struct figures *figures)
{
	static const struct timed hashes[] = {
		{.name = "hash of a client, 4", .run = hash_client4},
		{.name = "hash of a client, 6", .run = hash_client6},
		{.name = "hash to pick by, flow", .run = hash_flow},
		{.name = "hash to pick by, source-prefix", .run = hash_prefix},
	};

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		struct timed timed = hashes[i];

		timed.ops = KEYS;
		timed.rounds = ROUNDS;
		timed_add(figures, &timed);
	}
}

static void
own(uint32_t ip, uint16_t port, enum mx_owned_kind kind, uint32_t index)
{
	const struct mx_owned row = {
		.addr = mx_addr_from4(htonl(ip)),
		.port_be = htons(port),
		.index = (uint16_t)index,
		.kind = (uint8_t)kind,
	};
	const int error = mx_owned_add(&table, &row);

	assert(error == 0);
	(void)error;
}

#define VIP_NET 0xc6336400u  /* 198.51.100.0 */
#define SNAT_NET 0x0a000264u /* 10.0.2.100 */

static void
own_all(uint32_t count, uint32_t snats)
{
	memset(&table, 0, sizeof(table));
	for (uint32_t i = 0; i < count; i++) {
		own(VIP_NET + i, 0, MX_OWNED_ADDRESS, 0);
		own(VIP_NET + i, 25, MX_OWNED_VIP, i);
	}
	for (uint32_t i = 0; i < snats; i++)
		own(SNAT_NET + i, 0, MX_OWNED_SNAT, i);
}

/* Each question is for one of `count` addresses from `net` on. */
static void
ask_for(uint32_t net, uint32_t count, uint16_t port)
{
	for (uint32_t i = 0; i < KEYS; i++) {
		const uint32_t ip = net + (uint32_t)timed_draw() % count;

		asked[i].addr = mx_addr_from4(htonl(ip));
		asked[i].port_be = htons(port);
	}
}

/* As read.h does: the kind of the address, and the service of a VIP. */
static void
find_owned(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++) {
		const struct mx_owned *owned =
			mx_owned_find4(&table, mx_addr_to4(&asked[i].addr), 0);

		timed_use(owned->kind == MX_OWNED_ADDRESS
				  ? mx_owned_service(&table, owned,
						     asked[i].port_be)
				  : owned->kind);
	}
}

static void
measure_vip(struct figures *figures)
{
	static const struct {
		uint32_t vips, snats;
		const char *hit, *reply, *miss;
	} sizes[] = {
		{1, 1, "VIP of 1", "SNAT address beside 1 VIP",
		 "address not ours beside 1 VIP"},
		{256, 64, "VIP of 256", "SNAT address beside 256 VIPs",
		 "address not ours beside 256 VIPs"},
	};
	struct timed timed = {.run = find_owned, .ops = KEYS, .rounds = ROUNDS};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		own_all(sizes[i].vips, sizes[i].snats);
		timed.name = sizes[i].hit;
		ask_for(VIP_NET, sizes[i].vips, 25);
		timed_add(figures, &timed);
		timed.name = sizes[i].reply;
		ask_for(SNAT_NET, sizes[i].snats, 5000);
		timed_add(figures, &timed);
		timed.name = sizes[i].miss;
		ask_for(0x0b000000u, 1u << 24, 25);
		timed_add(figures, &timed);
	}
}

static void
build_pick(void *arg)
{
	const int error = mx_pick_build(&pick, claims, BACKENDS);

	(void)arg;
	assert(error == 0);
	(void)error;
}

static void
find_pick(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_pick_find(&pick, drawn[i]));
}

static void
measure_pick(struct figures *figures)
{
	for (uint16_t i = 0; i < BACKENDS; i++)
		claims[i] = (struct mx_pick_claim){
			.seed = timed_draw(),
			.backend = (uint16_t)(i + 1),
			.weight = (uint16_t)(50 + i % 100),
		};
	timed_add(figures, &(struct timed){.name = "pick table of 256 built",
					   .run = build_pick,
					   .ops = 1,
					   .rounds = BUILDS});
	timed_add(figures, &(struct timed){.name = "backend picked",
					   .run = find_pick,
					   .ops = KEYS,
					   .rounds = ROUNDS});
}

static void
rss_owner4(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_flow_owner4(&rss_owner.owners, &flow4[i]));
}

static void
rss_owner6(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < KEYS; i++)
		timed_use(mx_flow_owner6(&rss_owner.owners, &flow6[i]));
}

static void
measure_rss_owner(struct figures *figures)
{
	rss_owner_make(&rss_owner, &key, 0, 4);
	timed_add(figures, &(struct timed){.name = "owner of a flow, 4",
					   .run = rss_owner4,
					   .ops = KEYS,
					   .rounds = ROUNDS});
	timed_add(figures, &(struct timed){.name = "owner of a flow, 6",
					   .run = rss_owner6,
					   .ops = KEYS,
					   .rounds = ROUNDS});
}

int
main(int argc, char **argv)
{
	struct figures figures = figures_begin(argc, argv);

	draw_keys();
	measure_hash(&figures);
	measure_vip(&figures);
	measure_pick(&figures);
	measure_rss_owner(&figures);
	figures_end(&figures);
	return 0;
}
