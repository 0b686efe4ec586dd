/* SPDX-License-Identifier: BSD-3-Clause */
#include "cards.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "burst.h"
#include "greet.h"
#include "recovery.h"

#define POOLS 2

static struct rte_mempool *pool;
struct rte_ring *cards_rx[CARDS][CARDS_WORKERS_MAX];
struct rte_ring *cards_tx[CARDS][CARDS_WORKERS_MAX];
static struct rte_ring *handoff[CARDS_WORKERS_MAX][CARDS_WORKERS_MAX];
static uint16_t port_id[CARDS];

const struct rte_ether_addr cards_mac[CARDS] = {{{2, 0, 0, 0, 0, 1}},
						{{2, 0, 0, 0, 0, 2}}};
const struct rte_ether_addr cards_outside = {{2, 0, 0, 0, 1, 1}};

static struct rte_ring *
make_ring(const char *what, unsigned a, unsigned b)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s-%u-%u", what, a, b);
	struct rte_ring *ring =
		rte_ring_create(name, 1024, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	ck_assert_ptr_nonnull(ring);
	return ring;
}

static void
make_port(unsigned port)
{
	const struct rte_eth_conf conf = {0};
	const uint16_t queues = CARDS_WORKERS_MAX;
	char name[32];

	for (unsigned q = 0; q < queues; q++) {
		cards_rx[port][q] = make_ring("rx", port, q);
		cards_tx[port][q] = make_ring("tx", port, q);
	}
	snprintf(name, sizeof(name), "card%u", port);
	const int id = rte_eth_from_rings(name, cards_rx[port], queues,
					  cards_tx[port], queues, 0);
	ck_assert_int_ge(id, 0);
	port_id[port] = (uint16_t)id;
	ck_assert_int_eq(
		rte_eth_dev_configure(port_id[port], queues, queues, &conf), 0);
	for (uint16_t q = 0; q < queues; q++) {
		ck_assert_int_eq(rte_eth_rx_queue_setup(port_id[port], q, 64, 0,
							NULL, pool),
				 0);
		ck_assert_int_eq(
			rte_eth_tx_queue_setup(port_id[port], q, 64, 0, NULL),
			0);
	}
	ck_assert_int_eq(rte_eth_dev_start(port_id[port]), 0);
}

void
cards_start_dpdk(void)
{
	char *argv[] = {"cards",
			"--no-huge",
			"--no-shconf",
			"-m",
			"64",
			"--no-pci",
			"--no-telemetry",
			"--log-level=warning",
			"--lcores=0@0",
			NULL};
	static bool started;

	if (started)
		return;
	started = true;
	ck_assert_int_ge(rte_eal_init(9, argv), 0);
	pool = rte_pktmbuf_pool_create("cards", 4095, 0, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	ck_assert_ptr_nonnull(pool);
	for (unsigned port = 0; port < CARDS; port++)
		make_port(port);
	for (unsigned a = 0; a < CARDS_WORKERS_MAX; a++)
		for (unsigned b = 0; b < CARDS_WORKERS_MAX; b++)
			if (a != b)
				handoff[a][b] = make_ring("to", a, b);
}

static void
add_owned(struct mx_plan *plan, struct mx_addr addr, uint16_t port,
	  enum mx_owned_kind kind, uint16_t index)
{
	const struct mx_owned vip = {.addr = addr,
				     .port_be = rte_cpu_to_be_16(port),
				     .index = index,
				     .kind = (uint8_t)kind};

	ck_assert_int_eq(mx_owned_add(&plan->owned, &vip), 0);
}

static void
add_vip(struct mx_plan *plan, struct mx_addr addr, uint16_t port,
	uint16_t service)
{
	if (port == 25)
		add_owned(plan, addr, 0, MX_OWNED_ADDRESS, 0);
	add_owned(plan, addr, port, MX_OWNED_VIP, service);
}

static void
add_backend(struct mx_plan *plan, uint16_t id, struct mx_addr addr,
	    uint16_t of_pool)
{
	struct mx_backend *backend = &plan->backend[id];

	*backend = (struct mx_backend){
		.address = {addr, rte_cpu_to_be_16(25)},
		.used = 1,
		.up = 1,
		.serves = 1,
		.resolved = 1,
		.port = LAN,
		.pool = of_pool,
	};
	memcpy(backend->mac, &cards_outside, sizeof(backend->mac));
}

static void
build_picks(struct mx_plan *plan)
{
	struct mx_pick_claim claims[3];
	const struct mx_pick_claim only = {
		.seed = 4, .backend = 4, .weight = 100};

	for (uint16_t i = 0; i < 3; i++)
		claims[i] = (struct mx_pick_claim){
			.seed = i, .backend = (uint16_t)(i + 1), .weight = 100};
	ck_assert_int_eq(mx_pick_build(&plan->pick[0], claims, 3), 0);
	ck_assert_int_eq(mx_pick_build(&plan->pick[1], &only, 1), 0);
}

static void
fill_plan(struct mx_plan *plan)
{
	const struct mx_service timers = {.used = 1,
					  .idle_s = 900,
					  .half_open_s = 30,
					  .greeting_s = 330,
					  .closing_s = 120};

	mx_plan_init(plan, POOLS);
	plan->key = (struct mx_hash_key){{11, 13}};
	plan->ipv6 = 1;
	plan->nat = 1;
	plan->service[0] = timers;
	plan->service[0].snat4 = (struct mx_snat_range){0, 1};
	plan->service[0].snat6 = (struct mx_snat_range){1, 1};
	plan->service[1] = timers;
	plan->service[1].forward = MX_FORWARD_NAT;
	plan->service[1].pool = 1;
	add_vip(plan, cards_addr4(RTE_IPV4(198u, 51, 100, 25)), 25, 0);
	add_vip(plan, cards_addr4(RTE_IPV4(198u, 51, 100, 25)), 26, 1);
	add_vip(plan, cards_addr6(1, 25), 25, 0);
	plan->snats = 2;
	plan->snat[0] = cards_addr4(RTE_IPV4(10u, 0, 2, 100));
	plan->snat[1] = cards_addr6(2, 100);
	for (uint16_t row = 0; row < plan->snats; row++)
		add_owned(plan, plan->snat[row], 0, MX_OWNED_SNAT, row);
	add_backend(plan, 1, cards_addr4(RTE_IPV4(10u, 0, 2, 11)), 0);
	add_backend(plan, 2, cards_addr4(RTE_IPV4(10u, 0, 2, 12)), 0);
	add_backend(plan, 3, cards_addr6(2, 13), 0);
	add_backend(plan, 4, cards_addr4(RTE_IPV4(10u, 0, 2, 14)), 1);
	add_owned(plan, plan->backend[4].address.addr, 25, MX_OWNED_SERVER, 4);
	build_picks(plan);
}

static void *
zeroed(size_t bytes)
{
	void *at = aligned_alloc(64, (bytes + 63) / 64 * 64);

	ck_assert_ptr_nonnull(at);
	memset(at, 0, (bytes + 63) / 64 * 64);
	return at;
}

static void
make_worker(struct cards *cards, uint16_t id)
{
	struct worker *w = cards->worker[id];

	memset(w, 0, sizeof(*w));
	w->id = id;
	w->workers = cards->workers;
	w->ports = CARDS;
	w->frame_pool = pool;
	w->count = &cards->count[id];
	memset(w->count, 0, sizeof(*w->count));
	for (uint16_t port = 0; port < CARDS; port++)
		w->port[port] = (struct worker_port){port_id[port],
						     cards_mac[port], 1500};
	for (uint16_t other = 0; other < cards->workers; other++) {
		w->to[other] = handoff[id][other];
		w->from[other] = handoff[other][id];
	}
	ck_assert_int_eq(greet_make(w, UINT64_C(1) << 50), 0);
	/* The test is the clock: no second passes by itself. */
	worker_clock_set(w, 1000, UINT64_C(1) << 62);
}

static void
attach(struct cards *cards, bool predicted)
{
	ck_assert_int_eq(snat_make(&cards->snat, cards->worker, cards->workers),
			 0);
	for (uint16_t i = 0; i < cards->workers; i++)
		make_worker(cards, i);
	for (uint16_t i = 0; i < cards->workers; i++) {
		ck_assert_int_eq(recovery_attach(cards->worker[i],
						 cards->file[i], &cards->snat),
				 0);
		cards->worker[i]->rss_owner.predicted = predicted;
	}
	for (uint16_t row = 0; row < cards->active->plan.snats; row++)
		cards->active->snat_slot[row] = (uint8_t)snat_slot(
			&cards->snat, &cards->active->plan.snat[row], NULL);
	snat_link(&cards->snat, 7);
}

static void
detach(struct cards *cards)
{
	snat_free(&cards->snat);
	for (uint16_t i = 0; i < cards->workers; i++)
		recovery_detach(cards->worker[i]);
}

struct cards *
cards_make(uint16_t workers, uint32_t sessions)
{
	struct cards *cards = zeroed(sizeof(*cards));
	const struct mx_hash_key key = {{3, 5}};

	cards->workers = workers;
	cards->active = zeroed(offsetof(struct active_plan, plan) +
			       MX_PLAN_SIZE(POOLS));
	cards->count = zeroed(workers * sizeof(*cards->count));
	fill_plan(&cards->active->plan);
	active_plan_find_ports(cards->active, NULL);
	for (uint16_t i = 0; i < workers; i++) {
		cards->worker[i] = zeroed(sizeof(*cards->worker[i]));
		cards->file[i] = zeroed(MX_SESSIONS_SIZE(sessions, true));
		cards->file[i]->count = sessions;
		cards->file[i]->wide = true;
		cards->file[i]->key = key;
	}
	attach(cards, true);
	cards->rss = rss_owner_wanted(&cards->worker[0]->rss_owner, &key, true);
	return cards;
}

void
cards_free(struct cards *cards)
{
	for (uint16_t card = 0; card < CARDS; card++)
		for (struct rte_mbuf *frame;
		     (frame = cards_get(cards, card)) != NULL;)
			rte_pktmbuf_free(frame);
	detach(cards);
	for (uint16_t i = 0; i < cards->workers; i++) {
		free(cards->worker[i]);
		free(cards->file[i]);
	}
	free(cards->count);
	free(cards->active);
	free(cards);
	ck_assert_uint_eq(rte_mempool_in_use_count(pool), 0);
}

void
cards_restart(struct cards *cards, bool predicted)
{
	detach(cards);
	attach(cards, predicted);
}

struct rte_mbuf *
cards_frame(void)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);

	if (frame == NULL)
		ck_abort_msg("frames leak");
	return frame;
}

void
cards_poll(struct cards *cards)
{
	bool moved;

	do {
		moved = false;
		for (uint16_t i = 0; i < cards->workers; i++)
			moved |= worker_poll(cards->worker[i], cards->active) >
				 0;
	} while (moved);
	for (uint16_t i = 0; i < cards->workers; i++) {
		const struct mx_worker_count *count = &cards->count[i];
		uint64_t dropped = 0;

		for (int why = 0; why < MX_DROP_REASONS; why++)
			dropped += count->dropped[why];
		if (count->rx + count->made !=
		    count->tx + count->to_kernel + count->handed_off + dropped)
			ck_abort_msg("worker %u lost a frame", i);
	}
}
