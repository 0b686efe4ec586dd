/* SPDX-License-Identifier: BSD-3-Clause */
#include "advance.h"

#include "doubt.h"
#include "early.h"
#include "failover.h"
#include "farewell.h"
#include "hear.h"
#include "join.h"
#include "joining.h"
#include "journal.h"
#include "limit.h"
#include "move.h"
#include "proxy.h"
#include "side.h"
#include "tcpstate.h"
#include "turnaway.h"

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static void
take_way(struct mx_session *s, struct rte_mbuf *frame, uint8_t port)
{
	memcpy(s->client_mac, packet_headers(frame)->ether.src_addr.addr_bytes,
	       sizeof(s->client_mac));
	s->client_port = port;
}

/* A SYN goes to a half-open session: without a header, the latest one counts.
 * Where a header belongs depends on the number of the SYN, so there only the
 * backend's answer tells which one counts. */
static void
note_syn(struct mx_session *s, const struct heard *heard)
{
	const uint8_t state = state_of(s);

	if ((state == MX_SESSION_OPENING || state == MX_SESSION_ANSWERED) &&
	    mx_session_header(s) == 0)
		s->client_seq = heard->seq + 1;
}

/* The client of a live session came by another way.  It is believed if it
 * proves the handshake, or repeats its SYN; else the backend will tell. */
static enum session_event
judge_way(struct mx_session *s, struct rte_mbuf *frame,
	  const struct heard *heard, enum session_event event)
{
	const uint8_t state = state_of(s);
	const bool half_open =
		session_class_of(state, false) == SESSION_CLASS_HALF;
	const bool proves =
		event == SESSION_IN_PROOF || event == SESSION_IN_PROOF_FIN ||
		(event == SESSION_IN_SYN && heard->seq + 1 == s->client_seq);

	if (half_open) {
		if (proves)
			take_way(s, frame, (uint8_t)frame->port);
		return event;
	}
	if (heard->flags & (RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG))
		return event;
	return SESSION_IN_WAY;
}

/* Take a step by a segment of a client whose backend answers through us. */
static enum mx_drop
advance_both(struct worker *w, const struct active_plan *active,
	     struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	const struct heard heard = hear_client(frame, info);
	const uint8_t before = state_of(s);
	const bool other_way =
		advance_is_other_way(s, frame, (uint8_t)frame->port);
	const bool apart = !(active->backend_ports >> s->client_port & 1);
	enum session_event event = belief_of_client(s, &heard, apart);

	/* A SYN has been summed up: see open.c. */
	if ((other_way || session_next_state(before, event) != before) &&
	    hear_is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (other_way)
		event = judge_way(s, frame, &heard, event);
	if (unlikely(early_is(s, &heard)) && !hear_is_wrong(frame, info) &&
	    early_note(w, active, s, &heard))
		return MX_DROP_REFUSED;
	if (event == SESSION_IN_SYN)
		note_syn(s, &heard);
	const uint8_t after = session_next_state(before, event);
	if (after == before) {
		if (event == SESSION_IN_WAY && mx_session_is_doubted(before))
			doubt_note_way(w, s, frame, (uint8_t)frame->port,
				       &heard);
		move_stay(w, active, s);
		return MX_DROP_NONE;
	}
	if (mx_session_is_doubted(after)) {
		if (!doubt_begin(w, s))
			return MX_DROP_NONE;
		if (event == SESSION_IN_WAY)
			doubt_note_way(w, s, frame, (uint8_t)frame->port,
				       &heard);
	}
	const enum mx_drop limit = limit_admit(w, active, s, before, after);
	if (unlikely(limit != MX_DROP_NONE))
		return turnaway_session(w, active, s, frame, info, limit);
	if (mx_session_is_over(after))
		journal_last_words(w, s, &heard, before, true);
	if (after == MX_SESSION_CLOSING)
		limit_know(w, active, s, &heard, true);
	move_to(w, active, s, after);
	if (after == MX_SESSION_CLIENT_FIN)
		journal_closed(w, s, &heard, true);
	/* An ACK that was no proof has brought the header already. */
	if (after == MX_SESSION_GREETING &&
	    mx_session_proxy(s) == MX_SESSION_PROXY_SENT)
		proxy_resume(w, s);
	return MX_DROP_NONE;
}

void
advance_doubt(struct worker *w, const struct active_plan *active,
	      struct mx_session *s)
{
	const uint8_t before = state_of(s);
	const uint8_t after = session_next_state(before, SESSION_IN_WAY);

	if (after != before && doubt_begin(w, s))
		move_to(w, active, s, after);
}

/* Take a step by a segment of a client of a direct mode.  Replies do not come
 * by here. */
static enum mx_drop
advance_direct(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, struct rte_mbuf *frame,
	       const struct packet_info *info)
{
	const struct heard heard = hear_client(frame, info);
	const uint8_t before = state_of(s);
	const uint8_t after =
		session_next_state(before, belief_of_direct(&heard));

	take_way(s, frame, (uint8_t)frame->port);
	if (after == before) {
		move_stay(w, active, s);
		return MX_DROP_NONE;
	}
	if (hear_is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	const enum mx_drop limit = limit_admit(w, active, s, before, after);
	if (unlikely(limit != MX_DROP_NONE))
		return turnaway_session(w, active, s, frame, info, limit);
	move_to(w, active, s, after);
	return MX_DROP_NONE;
}

enum mx_drop
advance_client(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, struct rte_mbuf *frame,
	       const struct packet_info *info)
{
	if (state_of(s) == MX_SESSION_REFUSED)
		return farewell_client(w, active, s, frame, info);
	if (state_of(s) == MX_SESSION_JOINING || state_of(s) == MX_SESSION_HELD)
		return joining_client(w, active, s, frame, info);
	return session_is_direct(s) ? advance_direct(w, active, s, frame, info)
				    : advance_both(w, active, s, frame, info);
}

/* Note where the numbers of both sides begin, as the backend tells, until a
 * header depends on them. */
static void
note_answer(struct mx_session *s, const struct heard *heard)
{
	if (mx_session_proxy(s) > MX_SESSION_PROXY_ARMED)
		return;
	s->server_seq = heard->seq + 1;
	s->client_seq = heard->ack;
}

/* The first byte of data, if there is any. */
static uint8_t
first_byte(const struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp =
		rte_pktmbuf_mtod_offset(frame, const struct rte_tcp_hdr *,
					RTE_ETHER_HDR_LEN + info->ip_bytes);
	uint8_t room = 0;
	const uint8_t *byte =
		info->payload_bytes == 0
			? NULL
			: rte_pktmbuf_read(frame,
					   RTE_ETHER_HDR_LEN + info->ip_bytes +
						   packet_tcp_bytes(tcp),
					   1, &room);

	return byte == NULL ? 0 : *byte;
}

/* The end of the handshake with a backend is not for the client, which has had
 * one with mxsteer. */
static enum mx_drop
hide_handshake(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, const struct heard *heard)
{
	if (state_of(s) == MX_SESSION_GREETING &&
	    heard->seq + 1 == s->server_seq)
		join_acknowledge(w, active, s);
	return MX_DROP_JOINED;
}

/* The backend of a session in doubt has spoken, and says what the session is. */
static void
end_doubt(struct worker *w, struct mx_session *s, const struct heard *heard,
	  uint8_t after)
{
	if (after == MX_SESSION_RESET)
		w->count->doubts_dead++;
	else
		doubt_answered(w, s, heard);
}

enum mx_drop
advance_backend(struct worker *w, const struct active_plan *active,
		struct mx_session *s, struct rte_mbuf *frame,
		const struct packet_info *info)
{
	const struct heard heard = hear_backend(s, frame, info);
	const uint8_t before = state_of(s);
	const bool apart = side_is_apart(active, s, frame);
	const enum session_event event = belief_of_backend(s, &heard, apart);
	const uint8_t after = session_next_state(before, event);

	if (side_is_forged(active, s, frame))
		return MX_DROP_NOT_OURS;
	if (before == MX_SESSION_REFUSED)
		return farewell_backend(w, s, frame, info);
	if (unlikely(before == MX_SESSION_HELD))
		return MX_DROP_NO_SESSION; /* the backend has no SYN of it */
	if (unlikely(before == MX_SESSION_JOINING))
		return joining_backend(w, active, s, frame, info);
	if (unlikely(joining_is_hidden(s, &heard, event)))
		return hide_handshake(w, active, s, &heard);
	if ((after != before || event == SESSION_OUT_MATCH) &&
	    hear_is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (event == SESSION_OUT_MATCH) {
		joining_learn(w, s, frame, info, apart);
		note_answer(s, &heard);
	}
	if (event == SESSION_OUT_ABORT && before == MX_SESSION_OPENING) {
		journal_unserved(w, s, MX_UNSERVED_REFUSED,
				 apart && !journal_is_of_anyone(s));
		if (failover_refused(w, active, s))
			return MX_DROP_FAILED_OVER;
	}
	if (before == MX_SESSION_GREETING) {
		const uint8_t first = first_byte(frame, info);
		journal_hear(w, s, &heard, first, apart);
		const enum mx_drop why =
			failover_greeting(w, active, s, &heard, first);
		if (unlikely(why != MX_DROP_NONE))
			return why;
	}
	if (after == before) {
		move_stay(w, active, s);
		return MX_DROP_NONE;
	}
	if (mx_session_is_doubted(after) && !doubt_begin(w, s))
		return MX_DROP_NONE;
	if (mx_session_is_doubted(before))
		end_doubt(w, s, &heard, after);
	const enum mx_drop limit = limit_admit(w, active, s, before, after);
	if (unlikely(limit != MX_DROP_NONE))
		return turnaway_session(w, active, s, frame, info, limit);
	if (mx_session_is_over(after))
		journal_last_words(w, s, &heard, before, false);
	if (after == MX_SESSION_CLOSING)
		limit_know(w, active, s, &heard, false);
	move_to(w, active, s, after);
	if (after == MX_SESSION_BACKEND_FIN)
		journal_closed(w, s, &heard, false);
	/* The client begins anew when it repeats its SYN. */
	return event == SESSION_OUT_ANEW ? MX_DROP_NO_SESSION : MX_DROP_NONE;
}
