/* SPDX-License-Identifier: BSD-3-Clause */
/* The fast path.  A burst is handled in three passes:
 *
 *   read   parse, check, find the VIP, start loading what says where the
 *          session is: its bucket, or the entry of its local port     (read.h)
 *   seek   look there, start loading the session                      (read.h)
 *   act    find or open the session, move it on, rewrite, queue        (act.h)
 *
 * There is one pass for each cache miss that depends on another; more passes
 * would only add stores and loads.  The passes follow each other through the
 * burst in strides. */
#include "burst.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "act.h"
#include "choose.h"
#include "doubt.h"
#include "outbox.h"
#include "packet.h"
#include "proxy.h"
#include "read.h"
#include "reset.h"
#include "slow.h"
#include "sweep.h"
#include "twinqueue.h"
#include "vlan.h"
#include "wayback.h"

/* Frames whose headers are loaded ahead of the one being read.  With frames
 * that are in the second cache, as in bench_poll, 2, 4 and 8 do not differ; one
 * that a card has just put into the third is some ten frames' work away from
 * four. */
#define PREFETCH_AHEAD 4

/* How many frames a pass goes ahead of the next one.  By then the prefetched
 * lines have arrived, and memory is busy evenly: passes over the whole burst
 * ask for 32 lines at once, more than a core can wait for.  Of 6 to 16, 8 and
 * 10 are best (bench_poll: with a million sessions 131 cycles, not 213). */
#define STRIDE 8

/* Sessions looked at in a round at most, so that no burst waits when many end
 * at once: still several millions a second. */
#define SWEEP_STEPS 8

static void
hand_off(struct worker *w, struct rte_mbuf *frame,
	 const struct packet_info *info)
{
	if (rte_ring_sp_enqueue(w->to[info->owner], frame) == 0)
		w->count->handed_off++;
	else
		worker_drop(w, frame, MX_DROP_HANDOFF_FULL);
}

/* A frame that is longer than its port's MTU and still holds only a part of its
 * packet was cut by the kernel: it is several segments in one. */
static enum mx_drop
refine_reason(const struct worker *w, const struct rte_mbuf *frame,
	      enum mx_drop why)
{
	const uint32_t longest =
		w->port[frame->port].mtu + (uint32_t)RTE_ETHER_HDR_LEN;

	return why == MX_DROP_TRUNCATED && rte_pktmbuf_data_len(frame) > longest
		       ? MX_DROP_SUPER_PACKET
		       : why;
}

/* Handle a frame that is not forwarded.  This is rare, and not inline in the
 * loop. */
static void
divert(struct worker *w, const struct active_plan *active,
       struct rte_mbuf *frame, enum verdict verdict, struct packet_info *info)
{
	if (verdict == VERDICT_ANSWER)
		verdict = slow_answer(w, active, frame, (uint8_t)frame->port,
				      info);
	switch (verdict) {
	case VERDICT_FORWARD:
		break; /* it is queued */
	case VERDICT_HANDOFF:
		hand_off(w, frame, info);
		break;
	case VERDICT_KERNEL:
		if (vlan_hides_ours(active, frame))
			worker_drop(w, frame, MX_DROP_VLAN);
		else
			twinqueue_put(w, frame);
		break;
	default:
		worker_drop(w, frame, refine_reason(w, frame, info->why));
		break;
	}
}

static void
transmit(struct worker *w, uint16_t port)
{
	struct tx_burst *tx = &w->tx[port];

	if (tx->count == 0)
		return;
	const uint16_t sent = rte_eth_tx_burst(w->port[port].port_id, w->id,
					       tx->frame, tx->count);
	for (uint16_t i = sent; i < tx->count; i++)
		worker_drop(w, tx->frame[i], MX_DROP_TX_FULL);
	w->count->tx += sent;
	tx->count = 0;
}

/* After every burst, however small what it leaves.  Frames that were held for
 * others, up to 50 us while polls found any, went out in bursts no larger: a
 * poll that finds few is followed by one that finds none, and the more there is
 * the longer bursts are by themselves. */
static void
transmit_all(struct worker *w)
{
	for (uint16_t port = 0; port < w->ports; port++)
		transmit(w, port);
}

/* Pass 1.  Returns true with *to set if the frame goes on. */
static __rte_always_inline bool
read_frame(struct worker *w, const struct active_plan *active,
	   struct rte_mbuf **frame, uint16_t received, uint16_t i,
	   struct packet_info *info, struct rte_mbuf **to)
{
	struct rte_mbuf *one = frame[i];

	if (i + PREFETCH_AHEAD < received)
		rte_prefetch0(
			rte_pktmbuf_mtod(frame[i + PREFETCH_AHEAD], void *));
	const enum verdict verdict =
		read_packet(w, active, one, (uint8_t)one->port, info);
	if (unlikely(verdict != VERDICT_FORWARD)) {
		divert(w, active, one, verdict, info);
		return false;
	}
	*to = one; /* at i or before: compacts in place */
	return true;
}

static __rte_always_inline void
act_frame(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, const struct packet_info *info)
{
	const enum mx_drop why =
		act_packet(w, active, frame, (uint8_t)frame->port, info);

	if (unlikely(why != MX_DROP_NONE)) {
		if (info->direction == DIRECTION_IN)
			w->count->refused[info->index][why]++;
		worker_drop(w, frame, why);
	}
}

/* One burst; frame[i]->port is the index of the port it came from. */
static void
forward_burst(struct worker *w, const struct active_plan *active,
	      struct rte_mbuf **frame, uint16_t received)
{
	struct packet_info info[BURST_MAX];
	uint16_t kept = 0;   /* read, and to be forwarded */
	uint16_t sought = 0; /* of those */
	uint16_t acted = 0;  /* of those */

	for (uint16_t i = 0; i < received && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frame[i], void *));

	for (uint16_t next = 0; next < received || acted < kept;) {
		const uint16_t seek_to = kept;
		const uint16_t act_to = sought;
		const uint16_t read_to =
			(uint16_t)RTE_MIN(next + STRIDE, received);

		for (; next < read_to; next++)
			kept += read_frame(w, active, frame, received, next,
					   &info[kept], &frame[kept]);
		for (; sought < seek_to; sought++)
			read_seek(w, &info[sought]);
		for (; acted < act_to; acted++)
			act_frame(w, active, frame[acted], &info[acted]);
	}

	transmit_all(w);
	w->count->rx += received;
}

static uint16_t
poll_port(struct worker *w, const struct active_plan *active, uint16_t port)
{
	struct rte_mbuf *frame[BURST_MAX];
	const uint16_t received = rte_eth_rx_burst(w->port[port].port_id, w->id,
						   frame, BURST_MAX);

	if (received == 0)
		return 0;
	/* Replace DPDK's port number by ours, which tables, sessions and other
	 * workers use. */
	for (uint16_t i = 0; i < received; i++)
		frame[i]->port = port;
	forward_burst(w, active, frame, received);
	return received;
}

static uint16_t
poll_ring(struct worker *w, const struct active_plan *active,
	  struct rte_ring *ring)
{
	struct rte_mbuf *frame[BURST_MAX];
	const uint16_t received = (uint16_t)rte_ring_sc_dequeue_burst(
		ring, (void **)frame, BURST_MAX, NULL);

	if (received > 0)
		forward_burst(w, active, frame, received);
	return received;
}

/* Do the work that is due by the clock or for a new plan.  Returns true if more
 * of it may be due at once. */
static bool
tick(struct worker *w, const struct active_plan *active, uint64_t now_tsc)
{
	if (unlikely(now_tsc >= w->next_second_tsc))
		worker_clock_read(w);
	if (unlikely(w->sweep_tsc <= now_tsc))
		worker_sweep_due(w, now_tsc, SWEEP_STEPS);
	if (unlikely(active != w->counted || w->recount != 0)) {
		if (active != w->counted)
			way_begin(w, active);
		choose_recount(w, active);
	}
	bool busy = proxy_tick(w, active, now_tsc);
	busy |= doubt_tick(w, active, now_tsc);
	if (unlikely(atomic_load_explicit(&w->outbox_waits,
					  memory_order_relaxed))) {
		outbox_send(w);
		busy = true;
	}
	if (unlikely(w->now_s < active->search_until_s)) {
		reset_search(w, active);
		busy = true;
	}
	if (unlikely(w->ways_left > 0)) {
		way_sweep(w, active);
		busy = true;
	}
	if (unlikely(busy))
		transmit_all(w);
	return busy;
}

/* Exchange frames with the kernel.  Returns how many it sent.  Not inline, which
 * would cost the packets of all ports 10 instructions (bench/count). */
static __rte_noinline uint16_t
poll_twins(struct worker *w, uint16_t received)
{
	twinqueue_flush(w);
	if (received > 0 && w->count->polls % TWIN_POLL_EVERY != 0)
		return 0;
	const uint16_t sent = twinqueue_poll(w);
	if (sent > 0)
		transmit_all(w);
	return sent;
}

uint16_t
worker_poll(struct worker *w, const struct active_plan *active)
{
	const uint64_t begin_tsc = rte_rdtsc();
	uint16_t received = 0;

	const bool busy = tick(w, active, begin_tsc);
	for (uint16_t port = 0; port < w->ports; port++)
		received += poll_port(w, active, port);
	for (uint16_t i = 0; i < w->workers; i++)
		if (i != w->id)
			received += poll_ring(w, active, w->from[i]);
	if (unlikely(w->has_twin))
		received += poll_twins(w, received);

	w->count->slots_used = w->sessions.used;
	w->count->polls++;
	if (received > 0)
		w->count->busy_cycles += rte_rdtsc() - begin_tsc;
	w->idle.polls = received > 0 || busy ? 0 : w->idle.polls + 1;
	return received;
}
