/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernelbound.h"

#include "act.h"
#include "read.h"
#include "slow.h"
#include "tag.h"
#include "twinqueue.h"
#include "vlan.h"

static void
give_to_kernel(struct worker *w, const struct active_plan *active,
	       struct rte_mbuf *frame)
{
	if (vlan_hides_ours(active, frame))
		worker_drop(w, frame, MX_DROP_VLAN);
	else
		twinqueue_put(w, frame);
}

static void
hand_off(struct worker *w, struct rte_mbuf *frame, uint8_t owner)
{
	if (rte_ring_sp_enqueue(w->to[owner], frame) == 0)
		w->count->handed_off++;
	else
		worker_drop(w, frame, MX_DROP_HANDOFF_FULL);
}

static void
forward(struct worker *w, const struct active_plan *active,
	struct rte_mbuf *frame, struct packet_info *info)
{
	read_seek(w, info);
	const enum mx_drop why =
		act_packet(w, active, frame, (uint8_t)frame->port, info);

	if (why == MX_DROP_NONE)
		return;
	if (info->direction == DIRECTION_IN)
		w->count->refused[info->index][why]++;
	worker_drop(w, frame, why);
}

void
kernelbound_pass(struct worker *w, const struct active_plan *active,
		 struct rte_mbuf *frame)
{
	const uint8_t port = (uint8_t)frame->port;
	enum verdict verdict = VERDICT_KERNEL;
	struct packet_info info;

	if (tag_strip_priority(frame))
		verdict = read_packet(w, active, frame, port, &info);
	if (verdict == VERDICT_FORWARD) {
		forward(w, active, frame, &info);
		return;
	}
	if (verdict == VERDICT_ANSWER)
		verdict = slow_answer(w, active, frame, port, &info);
	switch (verdict) {
	case VERDICT_KERNEL:
		give_to_kernel(w, active, frame);
		break;
	case VERDICT_HANDOFF:
		hand_off(w, frame, info.owner);
		break;
	case VERDICT_DROP:
		worker_drop(w, frame, info.why);
		break;
	default:
		break; /* it is queued */
	}
}
