/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>

#define PORTS 2
#define RING_FRAMES 1024

/* Not Check's assertions: fuzzers run the rig without Check. */
static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct rte_mempool *pool;
static struct rte_ring *rx[PORTS][RIG_WORKERS_MAX];
static struct rte_ring *tx[PORTS][RIG_WORKERS_MAX];
static uint16_t port_id[PORTS];
static struct rte_ring *handoff[RIG_WORKERS_MAX][RIG_WORKERS_MAX];

static const struct rte_ether_addr port_mac[PORTS] = {
	{{0x02, 0, 0, 0, 0, 0x01}},
	{{0x02, 0, 0, 0, 0, 0x02}},
};

const struct end rig_vip = {
	{{0x02, 0, 0, 0, 0, 0x01}}, RTE_IPV4(198, 51, 100, 25), 25};
const struct end rig_local = {
	{{0x02, 0, 0, 0, 0, 0x02}}, RTE_IPV4(10, 0, 2, 100), 0};
const struct end rig_client = {
	{{0x02, 0, 0, 0, 1, 0x01}}, RTE_IPV4(203, 0, 113, 7), 40000};

struct end
rig_mta(int number)
{
	return (struct end){
		.mac = {{0x02, 0, 0, 0, 2, (uint8_t)number}},
		.ip = RTE_IPV4(10, 0, 2, 10) + (uint32_t)number,
		.port = 25,
	};
}

static struct rte_ring *
make_ring(const char *what, unsigned a, unsigned b)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s-%u-%u", what, a, b);
	struct rte_ring *ring = rte_ring_create(name, RING_FRAMES, 0,
						RING_F_SP_ENQ | RING_F_SC_DEQ);
	must(ring != NULL);
	return ring;
}

static void
make_port(unsigned port)
{
	const struct rte_eth_conf conf = {0};
	char name[32];

	for (unsigned q = 0; q < RIG_WORKERS_MAX; q++) {
		rx[port][q] = make_ring("rx", port, q);
		tx[port][q] = make_ring("tx", port, q);
	}
	snprintf(name, sizeof(name), "rig%u", port);
	const int id = rte_eth_from_rings(name, rx[port], RIG_WORKERS_MAX,
					  tx[port], RIG_WORKERS_MAX, 0);
	must(id >= 0);
	port_id[port] = (uint16_t)id;
	must(rte_eth_dev_configure(port_id[port], RIG_WORKERS_MAX,
				   RIG_WORKERS_MAX, &conf) == 0);
	for (uint16_t q = 0; q < RIG_WORKERS_MAX; q++) {
		must(rte_eth_rx_queue_setup(port_id[port], q, 64, 0, NULL,
					    pool) == 0);
		must(rte_eth_tx_queue_setup(port_id[port], q, 64, 0, NULL) ==
		     0);
	}
	must(rte_eth_dev_start(port_id[port]) == 0);
}

void
rig_start_dpdk(void)
{
	char *argv[] = {"rig",
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
	must(rte_eal_init(9, argv) >= 0);
	pool = rte_pktmbuf_pool_create("rig", 4095, 0, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	must(pool != NULL);
	for (unsigned port = 0; port < PORTS; port++)
		make_port(port);
	for (unsigned from = 0; from < RIG_WORKERS_MAX; from++)
		for (unsigned to = 0; to < RIG_WORKERS_MAX; to++)
			if (from != to)
				handoff[from][to] = make_ring("to", from, to);
}

static void
add_owned(struct mx_plan *plan, uint32_t ip, uint16_t port, enum mx_owned kind,
	  uint16_t index)
{
	const struct mx_vip vip = {
		.addr = mx_addr_from4(rte_cpu_to_be_32(ip)),
		.port_be = rte_cpu_to_be_16(port),
		.index = index,
		.kind = (uint8_t)kind,
	};
	must(mx_vip_add(&plan->vips, &vip) == 0);
}

static void
fill_plan(struct mx_plan *plan)
{
	mx_plan_init(plan, 1);
	plan->key = (struct mx_hash_key){{11, 13}};
	plan->snats = 2;
	plan->pool[0].hash_input = MX_HASH_FLOW;
	plan->service[0] = (struct mx_service){
		.used = 1,
		.snat_count = 2,
		.idle_s = 900,
		.half_open_s = 30,
		.closing_s = 120,
	};
	add_owned(plan, rig_vip.ip, rig_vip.port, MX_OWNED_VIP, 0);
	add_owned(plan, rig_vip.ip, 0, MX_OWNED_ADDRESS, 0);
	for (uint16_t i = 0; i < plan->snats; i++) {
		plan->snat[i] =
			mx_addr_from4(rte_cpu_to_be_32(rig_local.ip + i));
		add_owned(plan, rig_local.ip + i, 0, MX_OWNED_SNAT, i);
	}
	for (int i = 1; i <= 3; i++) {
		const struct end mta = rig_mta(i);
		struct mx_backend *backend = &plan->backend[i];

		*backend = (struct mx_backend){
			.address = {mx_addr_from4(rte_cpu_to_be_32(mta.ip)),
				    rte_cpu_to_be_16(mta.port)},
			.used = 1,
			.up = 1,
			.serves = 1,
			.resolved = 1,
			.port = LAN,
		};
		memcpy(backend->mac, &mta.mac, 6);
	}
}

void
rig_set_weights(struct rig *rig, const uint16_t weight[3])
{
	struct mx_pick_claim claims[3];

	for (uint16_t i = 0; i < 3; i++) {
		claims[i] = (struct mx_pick_claim){.seed = i,
						   .backend = (uint16_t)(i + 1),
						   .weight = weight[i]};
		rig->view->plan.backend[i + 1].serves = weight[i] > 0;
	}
	must(mx_pick_build(&rig->view->plan.pick[0], claims, 3) == 0);
}

static void *
zeroed(size_t bytes)
{
	void *at = aligned_alloc(64, (bytes + 63) / 64 * 64);

	must(at != NULL);
	memset(at, 0, (bytes + 63) / 64 * 64);
	return at;
}

static void
make_worker(struct rig *rig, uint16_t id)
{
	struct worker *w = rig->worker[id];

	memset(w, 0, sizeof(*w));
	w->id = id;
	w->workers = rig->workers;
	w->ports = PORTS;
	w->count = &rig->count[id];
	memset(w->count, 0, sizeof(*w->count));
	for (uint16_t port = 0; port < PORTS; port++)
		w->port[port] =
			(struct worker_port){port_id[port], port_mac[port]};
	for (uint16_t other = 0; other < rig->workers; other++) {
		w->to[other] = handoff[id][other];
		w->from[other] = handoff[other][id];
	}
	/* The test is the clock: no second passes by itself. */
	worker_clock_set(w, 1000, UINT64_C(1) << 62);
}

static void
attach(struct rig *rig)
{
	rig->snat =
		(struct snat){.worker = rig->worker, .workers = rig->workers};
	for (uint16_t i = 0; i < rig->workers; i++) {
		make_worker(rig, i);
		must(worker_attach(rig->worker[i], rig->file[i], &rig->snat) ==
		     0);
	}
	for (uint16_t row = 0; row < rig->view->plan.snats; row++)
		rig->view->snat_slot[row] = (uint8_t)snat_slot(
			&rig->snat, mx_addr_to4(&rig->view->plan.snat[row]),
			UINT64_MAX);
	snat_link(&rig->snat, 7);
}

static void
detach(struct rig *rig)
{
	snat_free(&rig->snat);
	for (uint16_t i = 0; i < rig->workers; i++)
		session_table_detach(&rig->worker[i]->sessions);
}

struct rig *
rig_make(uint16_t workers)
{
	struct rig *rig = zeroed(sizeof(*rig));

	rig->workers = workers;
	rig->view = zeroed(offsetof(struct view, plan) + MX_PLAN_SIZE(1));
	rig->count = zeroed(workers * sizeof(*rig->count));
	fill_plan(&rig->view->plan);
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	for (uint16_t i = 0; i < workers; i++) {
		rig->worker[i] = zeroed(sizeof(*rig->worker[i]));
		rig->file[i] = zeroed(MX_SESSIONS_SIZE(RIG_SESSIONS));
		rig->file[i]->count = RIG_SESSIONS;
		rig->file[i]->key = (struct mx_hash_key){{3, 5}};
	}
	attach(rig);
	return rig;
}

void
rig_free(struct rig *rig)
{
	rig_flush(rig);
	detach(rig);
	for (uint16_t i = 0; i < rig->workers; i++) {
		free(rig->worker[i]);
		free(rig->file[i]);
	}
	free(rig->count);
	free(rig->view);
	free(rig);
	/* Every frame has come back: nothing leaks on any path. */
	ck_assert_uint_eq(rte_mempool_in_use_count(pool), 0);
}

void
rig_restart(struct rig *rig)
{
	detach(rig);
	attach(rig);
}

struct mx_plan *
rig_plan(struct rig *rig)
{
	return &rig->view->plan;
}

void
rig_put(struct rig *rig, uint16_t worker, uint16_t port, const uint8_t *frame,
	uint16_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	must(mbuf != NULL);
	must(worker < rig->workers);
	memcpy(rte_pktmbuf_append(mbuf, bytes), frame, bytes);
	must(rte_ring_enqueue(rx[port][worker], mbuf) == 0);
}

void
rig_send(struct rig *rig, uint16_t worker, uint16_t port,
	 const struct segment *segment)
{
	uint8_t frame[1600];
	const uint16_t bytes = frame_tcp(frame, segment);

	rig_put(rig, worker, port, frame, bytes);
}

static void
check_equation(const struct mx_worker_count *count)
{
	uint64_t dropped = 0;

	for (int i = 0; i < MX_DROP_REASONS; i++)
		dropped += count->dropped[i];
	ck_assert_uint_eq(count->rx, count->tx + count->to_kernel +
					     count->handed_off + dropped);
}

void
rig_poll(struct rig *rig)
{
	bool moved;

	do {
		moved = false;
		for (uint16_t i = 0; i < rig->workers; i++)
			moved |= worker_poll(rig->worker[i], rig->view) > 0;
	} while (moved);
	for (uint16_t i = 0; i < rig->workers; i++)
		check_equation(&rig->count[i]);
}

uint16_t
rig_get(struct rig *rig, uint16_t port, uint8_t *out)
{
	struct rte_mbuf *mbuf;

	for (uint16_t q = 0; q < rig->workers; q++) {
		if (rte_ring_dequeue(tx[port][q], (void **)&mbuf) != 0)
			continue;
		const uint16_t bytes = rte_pktmbuf_data_len(mbuf);
		memcpy(out, rte_pktmbuf_mtod(mbuf, void *), bytes);
		rte_pktmbuf_free(mbuf);
		return bytes;
	}
	return 0;
}

void
rig_flush(struct rig *rig)
{
	uint8_t frame[2048];

	for (uint16_t port = 0; port < PORTS; port++)
		while (rig_get(rig, port, frame) > 0)
			continue;
}

uint64_t
rig_dropped(const struct rig *rig, enum mx_drop why)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < rig->workers; i++)
		sum += rig->count[i].dropped[why];
	return sum;
}

uint64_t
rig_sessions(const struct rig *rig)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < rig->workers; i++)
		sum += rig->worker[i]->sessions.used;
	return sum;
}
