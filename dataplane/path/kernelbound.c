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
		read_seek(w, &info);
		act_or_drop(w, active, frame, &info);
		return;
	}
	if (verdict == VERDICT_ANSWER)
		verdict = slow_answer(w, active, frame, port, &info);
	switch (verdict) {
	case VERDICT_KERNEL:
		give_to_kernel(w, active, frame);
		break;
	case VERDICT_HANDOFF:
		worker_hand_off(w, frame, info.owner);
		break;
	case VERDICT_DROP:
		worker_drop(w, frame, info.why);
		break;
	default:
		break; /* it is queued */
	}
}
