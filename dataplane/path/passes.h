/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PASSES_H
#define MX_PASSES_H

/* What happens to a burst.  It is handled in three passes:
 *
 *   read   parse, check, find the VIP, start loading what says where the
 *          session is: its bucket, or the entry of its local port     (read.h)
 *   seek   look there, start loading the session                      (read.h)
 *   act    find or open the session, move it on, rewrite, queue        (act.h)
 *
 * There is one pass for each cache miss that depends on another; more passes
 * would only add stores and loads.  The passes follow each other through the
 * burst in strides.
 *
 * This is a header so that burst.c and captured.c each have code of their own:
 * a capture costs the other nothing.
 *
 * Threads    the worker's own. */
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "act.h"
#include "choose.h"
#include "doubt.h"
#include "ending.h"
#include "expiry.h"
#include "failover.h"
#include "farewell.h"
#include "greet.h"
#include "homecheck.h"
#include "join.h"
#include "limit.h"
#include "kernelbound.h"
#include "outbox.h"
#include "packet.h"
#include "patience.h"
#include "proxy.h"
#include "read.h"
#include "reset.h"
#include "slow.h"
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

/* A frame that is longer than its port's MTU and still holds only a part of its
 * packet was cut by the kernel: it is several segments in one. */
static enum mx_drop
pass_reason(const struct worker *w, const struct rte_mbuf *frame,
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
pass_divert(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, enum verdict verdict,
	    struct packet_info *info)
{
	if (verdict == VERDICT_ANSWER)
		verdict = slow_answer(w, active, frame, (uint8_t)frame->port,
				      info);
	switch (verdict) {
	case VERDICT_FORWARD:
		break; /* it is queued */
	case VERDICT_HANDOFF:
		worker_hand_off(w, frame, info->owner);
		break;
	case VERDICT_KERNEL:
		kernelbound_pass(w, active, frame);
		break;
	default:
		worker_drop(w, frame, pass_reason(w, frame, info->why));
		break;
	}
}

/* A burst on its way through the passes. */
struct passing {
	struct rte_mbuf **frame;
	uint16_t received;
	uint16_t next;   /* to be read */
	uint16_t kept;   /* read, and to be forwarded */
	uint16_t sought; /* of those */
	uint16_t acted;  /* of those */
	struct packet_info info[BURST_MAX];
};

/* Pass 1. */
static __rte_always_inline void
pass_read(struct worker *w, const struct active_plan *active, struct passing *p)
{
	const uint32_t received = p->received;
	const uint32_t read_to = RTE_MIN(p->next + (uint32_t)STRIDE, received);
	struct rte_mbuf **frame = p->frame;
	uint32_t kept = p->kept;

	for (uint32_t i = p->next; i < read_to; i++) {
		struct rte_mbuf *one = frame[i];

		if (i + PREFETCH_AHEAD < received)
			rte_prefetch0(rte_pktmbuf_mtod(
				frame[i + PREFETCH_AHEAD], void *));
		const enum verdict verdict = read_packet(
			w, active, one, (uint8_t)one->port, &p->info[kept]);
		if (unlikely(verdict != VERDICT_FORWARD)) {
			pass_divert(w, active, one, verdict, &p->info[kept]);
			continue;
		}
		frame[kept++] = one; /* at i or before: compacts in place */
	}
	p->next = (uint16_t)read_to;
	p->kept = (uint16_t)kept;
}

static __rte_always_inline void
pass_seek(const struct worker *w, struct passing *p, uint16_t to)
{
	uint32_t i = p->sought;

	for (; i < to; i++)
		read_seek(w, &p->info[i]);
	p->sought = (uint16_t)i;
}

static __rte_always_inline void
pass_act(struct worker *w, const struct active_plan *active, struct passing *p,
	 uint16_t to)
{
	uint32_t i = p->acted;

	for (; i < to; i++)
		act_or_drop(w, active, p->frame[i], &p->info[i]);
	p->acted = (uint16_t)i;
}

/* All passes over one burst; frame[i]->port is the index of the port it came
 * from.  transmit: a constant, called for the frames that leave. */
static __rte_always_inline void
pass_burst(struct worker *w, const struct active_plan *active,
	   struct rte_mbuf **frame, uint16_t received,
	   void (*transmit)(struct worker *w))
{
	struct passing p;

	p.frame = frame;
	p.received = received;
	p.next = p.kept = p.sought = p.acted = 0;
	for (uint16_t i = 0; i < received && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frame[i], void *));

	while (p.next < received || p.acted < p.kept) {
		const uint16_t seek_to = p.kept;
		const uint16_t act_to = p.sought;

		pass_read(w, active, &p);
		pass_seek(w, &p, seek_to);
		pass_act(w, active, &p, act_to);
	}

	transmit(w);
	w->count->rx += received;
}

/* Do the work that is due by the clock or for a new plan.  Returns true if it
 * may have left frames to transmit, and if more of it may be due at once. */
static inline bool
pass_tick(struct worker *w, const struct active_plan *active, uint64_t now_tsc)
{
	if (unlikely(now_tsc >= w->next_second_tsc)) {
		worker_clock_read(w);
		patience_begin(w);
	}
	if (unlikely(w->sweep_tsc <= now_tsc)) {
		const uint32_t from = w->sessions.scan;

		worker_sweep_due(w, now_tsc, SWEEP_STEPS);
		homecheck_sweep(w, active, from);
	}
	if (unlikely(active != w->counted || w->recount != 0)) {
		if (active != w->counted) {
			way_begin(w, active);
			limit_begin(w, active);
			profiles_renew(&w->profiles);
		}
		choose_recount(w, active);
	}
	bool busy = proxy_tick(w, active, now_tsc);
	busy |= doubt_tick(w, active, now_tsc);
	if (unlikely(w->greet_tsc <= now_tsc))
		busy |= greet_tick(w, active, now_tsc);
	if (unlikely(w->patience.left > 0))
		busy |= patience_tick(w, active);
	if (w->failover.waiting > 0)
		busy |= failover_tick(w, active, now_tsc);
	if (w->farewells.waiting > 0)
		busy |= farewell_tick(w, active, now_tsc);
	if (unlikely(w->ends_waiting > 0))
		busy |= ending_tick(w, active, now_tsc);
	if (w->joins.waiting > 0)
		busy |= join_tick(w, active, now_tsc);
	if (unlikely(atomic_load_explicit(&w->outbox_waits,
					  memory_order_relaxed))) {
		outbox_send(w);
		busy = true;
	}
	if (unlikely(w->now_s < active->search_until_s)) {
		reset_search(w, active);
		busy = true;
	}
	if (unlikely((w->ways_left | w->limits_left) > 0)) {
		way_sweep(w, active);
		limit_sweep(w, active);
		busy = true;
	}
	return busy;
}

#endif /* MX_PASSES_H */
