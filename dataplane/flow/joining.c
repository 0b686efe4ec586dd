/* SPDX-License-Identifier: BSD-3-Clause */
#include "joining.h"

#include "early.h"
#include "hear.h"
#include "join.h"
#include "journal.h"
#include "limit.h"
#include "move.h"
#include "options.h"
#include "side.h"
#include "sweep.h"
#include "turnaway.h"

enum mx_drop
joining_client(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, struct rte_mbuf *frame,
	       const struct packet_info *info)
{
	const struct heard heard = hear_client(frame, info);

	if (early_is(s, &heard) && !hear_is_wrong(frame, info) &&
	    early_note(w, active, s, &heard))
		return MX_DROP_REFUSED;
	if (belief_of_client(s, &heard, true) != SESSION_IN_ABORT)
		return MX_DROP_WAITING;
	if (hear_is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (atomic_load_explicit(&s->state, memory_order_relaxed) ==
	    MX_SESSION_HELD) {
		worker_session_end(w, s);
		return MX_DROP_WAITING;
	}
	move_to(w, active, s, MX_SESSION_RESET);
	return MX_DROP_NONE;
}

void
joining_learn(struct worker *w, const struct mx_session *s,
	      struct rte_mbuf *frame, const struct packet_info *info,
	      bool apart)
{
	const struct offer offered =
		offer_unpack(s->syn, (s->kind & MX_SESSION_CLIENT6) != 0);
	const struct profile heard = {
		.known = true,
		.says = options_read_offer(frame, info->ip_bytes),
		.window = rte_be_to_cpu_16(
			packet_tcp(frame, info->ip_bytes)->rx_win),
	};

	if (apart && s->syn != 0 && heard.says.mss != 0)
		profiles_learn(&w->profiles, s->backend, &offered, &heard);
}

/* A backend answers the SYN of a session whose client has its SYN-ACK from
 * mxsteer. */
static void
join(struct worker *w, const struct active_plan *active, struct mx_session *s,
     struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct heard heard = hear_backend(s, frame, info);
	const struct offer says = options_read_offer(frame, info->ip_bytes);

	joining_learn(w, s, frame, info, side_is_apart(active, s, frame));
	if (!join_fits(w, s, &says)) {
		join_mismatched(w, active, s, &heard);
		return;
	}
	join_note(s, &heard);
	const enum mx_drop limit = limit_admit(w, active, s, MX_SESSION_JOINING,
					       MX_SESSION_GREETING);
	if (unlikely(limit != MX_DROP_NONE)) {
		turnaway_session(w, active, s, frame, info, limit);
		return;
	}
	move_to(w, active, s, MX_SESSION_GREETING);
	join_acknowledge(w, active, s);
	if (active->plan.service[s->service].implicit_tls)
		join_open_window(
			w, s,
			rte_be_to_cpu_16(
				packet_tcp(frame, info->ip_bytes)->rx_win));
}

enum mx_drop
joining_backend(struct worker *w, const struct active_plan *active,
		struct mx_session *s, struct rte_mbuf *frame,
		const struct packet_info *info)
{
	const struct heard heard = hear_backend(s, frame, info);
	const bool apart = side_is_apart(active, s, frame);
	const enum session_event event = belief_of_backend(s, &heard, apart);

	if (hear_is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (event == SESSION_OUT_MATCH) {
		join(w, active, s, frame, info);
	} else if (event == SESSION_OUT_ABORT) {
		journal_unserved(w, s, MX_UNSERVED_REFUSED, apart);
		join_refused(w, active, s);
	} else if (!(heard.flags & RTE_TCP_RST_FLAG) &&
		   heard.flags & RTE_TCP_ACK_FLAG &&
		   heard.ack != s->client_seq) {
		join_disown(w, active, s, &heard);
	}
	return MX_DROP_JOINED;
}

bool
joining_is_hidden(const struct mx_session *s, const struct heard *heard,
		  enum session_event event)
{
	const uint8_t handshake = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;

	return s->flags & MX_SESSION_JOINED && event == SESSION_OUT_OTHER &&
	       (heard->flags & (handshake | RTE_TCP_RST_FLAG)) == handshake;
}
