/* SPDX-License-Identifier: BSD-3-Clause */
#include "rigports.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_ethdev.h>

#include "ended.h"
#include "greet.h"
#include "limit.h"
#include "round.h"
#include "recovery.h"
#include "watchlist.h"
#include "expiry.h"
#include "patience.h"

/* The clock of the workers' headers is so slow that no timer ends by itself
 * during a test.  rig_pass_ms() lets time pass. */
#define PROXY_TSC_HZ (UINT64_C(1) << 50)

void
rig_must(bool holds)
{
	if (!holds)
		abort();
}

static const struct rte_ether_addr port_mac[RIG_PORTS] = {
	{{0x02, 0, 0, 0, 0, 0x01}},
	{{0x02, 0, 0, 0, 0, 0x02}},
};

/* As few as a test needs. */
#define RIG_ENDED_SLOTS 64

#define HUGE_BYTES (UINT64_C(2) << 20)

/* Large memory is in huge pages, if there are any, as in the product. */
static void *
zeroed(size_t bytes)
{
	const size_t align = bytes < HUGE_BYTES ? 64 : HUGE_BYTES;
	const size_t whole = (bytes + align - 1) / align * align;
	void *at = aligned_alloc(align, whole);

	rig_must(at != NULL);
	if (align == HUGE_BYTES)
		madvise(at, whole, MADV_HUGEPAGE);
	memset(at, 0, whole);
	return at;
}

static struct mx_ring *
make_ring(void)
{
	struct mx_ring *ring =
		zeroed(mx_ring_size(RIG_ENDED_SLOTS, MX_ENDED_WORDS));

	ring->words = MX_ENDED_WORDS;
	ring->slots = RIG_ENDED_SLOTS;
	return ring;
}

static void
make_worker(struct rig *rig, uint16_t id)
{
	struct worker *w = rig->worker[id];

	memset(w, 0, sizeof(*w));
	w->id = id;
	w->workers = rig->workers;
	w->ports = RIG_PORTS;
	w->count = &rig->count[id];
	w->ended = rig->ended[id];
	memset(w->count, 0, sizeof(*w->count));
	for (uint16_t port = 0; port < RIG_PORTS; port++)
		w->port[port] = (struct worker_port){rig_ports.id[port],
						     port_mac[port], RIG_MTU};
	for (uint16_t other = 0; other < rig->workers; other++) {
		w->to[other] = rig_ports.handoff[id][other];
		w->from[other] = rig_ports.handoff[other][id];
	}
	w->frame_pool = rig_ports.pool;
	rig_must(recovery_timers_make(w, PROXY_TSC_HZ) == 0);
	/* The test is the clock: no second passes by itself. */
	worker_clock_set(w, 1000, UINT64_C(1) << 62);
}

/* Count the sessions that are there, as a data plane does before its workers
 * run. */
static void
follow_limits(struct rig *rig)
{
	bool any = false;

	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++)
		any |= rig->active->plan.service[i].clients.used;
	if (any)
		rig_must(limiters_make(rig->worker, rig->workers) == 0);
	for (uint16_t i = 0; i < rig->workers; i++)
		limit_recount(rig->worker[i], rig->active);
}

void
rig_set_limits(struct rig *rig, const struct mx_client_limits *limits)
{
	for (uint32_t i = 0; i < RIG_SERVICES; i++)
		rig->active->plan.service[i].clients = *limits;
	rig->active->limits_round++;
	follow_limits(rig);
}

static void
attach(struct rig *rig)
{
	rig_must(snat_make(&rig->snat, rig->worker, rig->workers) == 0);
	/* A local address gets a port map of each worker at once. */
	for (uint16_t i = 0; i < rig->workers; i++)
		make_worker(rig, i);
	for (uint16_t i = 0; i < rig->workers; i++)
		rig_must(recovery_attach(rig->worker[i], rig->file[i],
					 &rig->snat) == 0);
	for (uint16_t row = 0; row < rig->active->plan.snats; row++)
		rig->active->snat_slot[row] = (uint8_t)snat_slot(
			&rig->snat, &rig->active->plan.snat[row], NULL);
	snat_link(&rig->snat, 7);
	active_plan_find_ports(rig->active, NULL);
	follow_limits(rig);
}

static void
detach(struct rig *rig)
{
	snat_free(&rig->snat);
	limiters_free(rig->worker, rig->workers);
	for (uint16_t i = 0; i < rig->workers; i++)
		recovery_detach(rig->worker[i]);
}

struct rig *
rig_make(uint16_t workers)
{
	return rig_make_sized(workers, RIG_SESSIONS, 2);
}

struct rig *
rig_make_sized(uint16_t workers, uint32_t sessions, uint16_t snats)
{
	struct rig *rig = zeroed(sizeof(*rig));

	rig->workers = workers;
	rig->active = zeroed(offsetof(struct active_plan, plan) +
			     MX_PLAN_SIZE(RIG_POOLS));
	rig->count = zeroed(workers * sizeof(*rig->count));
	rig_fill_plan(&rig->active->plan, snats);
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	for (uint16_t i = 0; i < workers; i++) {
		rig->worker[i] = zeroed(sizeof(*rig->worker[i]));
		rig->ended[i] = make_ring();
		rig->file[i] = zeroed(MX_SESSIONS_SIZE(sessions, true));
		rig->file[i]->count = sessions;
		rig->file[i]->wide = 1;
		rig->file[i]->key = (struct mx_hash_key){
			{0xa4093822299f31d0, 0x082efa98ec4e6c89}};
	}
	rig->told = getenv("MXSTEER_TOLD") != NULL;
	attach(rig);
	return rig;
}

void
rig_drop(struct rig *rig)
{
	detach(rig);
	for (uint16_t i = 0; i < rig->workers; i++) {
		free(rig->worker[i]);
		free(rig->file[i]);
		free(rig->ended[i]);
	}
	free(rig->count);
	free(rig->active);
	free(rig);
}

void
rig_free(struct rig *rig)
{
	rig_flush(rig);
	rig_drop(rig);
	/* All frames have come back: no path leaks one. */
	rig_must(rte_mempool_in_use_count(rig_ports.pool) == 0);
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
	return &rig->active->plan;
}

struct rig_rings
rig_rings(uint16_t worker, uint16_t port)
{
	return (struct rig_rings){rig_ports.rx[port][worker],
				  rig_ports.tx[port][worker], rig_ports.pool};
}

void
rig_put(struct rig *rig, uint16_t worker, uint16_t port, const uint8_t *frame,
	uint16_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig_ports.pool);

	rig_must(mbuf != NULL);
	rig_must(worker < rig->workers);
	memcpy(rte_pktmbuf_append(mbuf, bytes), frame, bytes);
	mbuf->ol_flags |= rig->said;
	rig_must(rte_ring_enqueue(rig_ports.rx[port][worker], mbuf) == 0);
}

void
rig_send(struct rig *rig, uint16_t worker, uint16_t port,
	 const struct segment *segment)
{
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, segment);

	rig_put(rig, worker, port, frame, bytes);
}

static void
check_equation(const struct mx_worker_count *count)
{
	uint64_t dropped = 0;

	for (int i = 0; i < MX_DROP_REASONS; i++)
		dropped += count->dropped[i];
	rig_must(count->rx + count->made ==
		 count->tx + count->to_kernel + count->handed_off + dropped);
}

void
rig_poll(struct rig *rig)
{
	bool moved;

	do {
		moved = false;
		for (uint16_t i = 0; i < rig->workers; i++)
			moved |= round_poll(rig->worker[i], rig->active) > 0;
	} while (moved);
	for (uint16_t i = 0; i < rig->workers; i++)
		check_equation(&rig->count[i]);
}

/* Bring a time nearer to the present by so much. */
static void
bring_nearer(struct resend_queue *queue, uint64_t by_tsc)
{
	for (uint32_t at = queue->head; at != queue->tail; at++) {
		struct resend_wait *wait = &queue->wait[at & queue->mask];

		wait->due_tsc -= RTE_MIN(by_tsc, wait->due_tsc);
	}
}

void
rig_pass_ms(struct rig *rig, uint32_t ms)
{
	const uint64_t by_tsc = PROXY_TSC_HZ / 1000 * ms;

	for (uint16_t i = 0; i < rig->workers; i++) {
		struct worker *w = rig->worker[i];

		w->greet_tsc = 0;
		for (int stage = 0; stage < RESEND_STAGES; stage++) {
			bring_nearer(&w->proxy.stage[stage], by_tsc);
			bring_nearer(&w->doubts.wait.stage[stage], by_tsc);
			bring_nearer(&w->greet->echoes.wait.stage[stage],
				     by_tsc);
			bring_nearer(&w->failover.wait.stage[stage], by_tsc);
			bring_nearer(&w->farewells.wait.stage[stage], by_tsc);
			bring_nearer(&w->watch->text.stage[stage], by_tsc);
			bring_nearer(&w->watch->quit.stage[stage], by_tsc);
			bring_nearer(&w->joins.wait.stage[stage], by_tsc);
		}
	}
	rig_poll(rig);
}

/* Are there sessions that may have waited for their greeting long enough? */
static bool
is_impatient(const struct rig *rig)
{
	bool any = false;

	for (uint16_t i = 0; i < rig->workers; i++)
		any |= rig->worker[i]->patience.left > 0;
	return any;
}

void
rig_pass_s(struct rig *rig, uint32_t seconds)
{
	for (uint16_t i = 0; i < rig->workers; i++) {
		rig->worker[i]->now_s += seconds;
		patience_begin(rig->worker[i]);
		rig->worker[i]->holds_left = MX_SERVICES_MAX;
		rig->worker[i]->greet_tsc = 0;
	}
	for (uint16_t i = 0; i < rig->workers; i++)
		worker_sweep(rig->worker[i], rig->worker[i]->sessions.count);
	do
		rig_poll(rig);
	while (is_impatient(rig));
}

uint16_t
rig_get(struct rig *rig, uint16_t port, uint8_t *out)
{
	struct rte_mbuf *mbuf;

	for (uint16_t q = 0; q < rig->workers; q++) {
		if (rte_ring_dequeue(rig_ports.tx[port][q], (void **)&mbuf) !=
		    0)
			continue;
		const uint16_t bytes = rte_pktmbuf_data_len(mbuf);
		memcpy(out, rte_pktmbuf_mtod(mbuf, void *), bytes);
		rte_pktmbuf_free(mbuf);
		return bytes;
	}
	return 0;
}

void
rig_flush_worker(struct rig *rig, uint16_t worker)
{
	struct rte_mbuf *mbuf;

	(void)rig;
	for (uint16_t port = 0; port < RIG_PORTS; port++)
		while (rte_ring_dequeue(rig_ports.tx[port][worker],
					(void **)&mbuf) == 0)
			rte_pktmbuf_free(mbuf);
}

void
rig_flush(struct rig *rig)
{
	for (uint16_t worker = 0; worker < rig->workers; worker++)
		rig_flush_worker(rig, worker);
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

void
rig_end(struct rig *rig, uint16_t backend, uint32_t until_s)
{
	struct mx_backend *row = &rig_plan(rig)->backend[backend];

	row->ended_s = until_s;
	row->ends_s = until_s;
}
