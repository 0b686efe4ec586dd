/* SPDX-License-Identifier: BSD-3-Clause */
#include "advance.h"

#include "account.h"
#include "belief.h"
#include "doubt.h"
#include "failover.h"
#include "farewell.h"
#include "join.h"
#include "limit.h"
#include "options.h"
#include "verify.h"
#include "proxy.h"
#include "reclaim.h"
#include "tcpstate.h"
#include "turnaway.h"

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static struct heard
hear_client(struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);

	return (struct heard){
		.seq = rte_be_to_cpu_32(tcp->sent_seq),
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.payload_bytes = info->payload_bytes,
		.flags = info->tcp_flags,
	};
}

static struct heard
hear_backend(const struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	struct heard heard = hear_client(frame, info);

	heard.seq -= s->ack_shift;
	return heard;
}

static bool
is_wrong(const struct rte_mbuf *frame, const struct packet_info *info)
{
	return checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG;
}

static uint32_t
timeout_s(const struct active_plan *active, const struct mx_session *s,
	  uint8_t state)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const uint32_t timeouts_s[SESSION_TIMERS] = {
		[SESSION_TIMER_HALF_OPEN] = service->half_open_s,
		[SESSION_TIMER_GREETING] = failover_patience_s(service),
		[SESSION_TIMER_IDLE] = service->idle_s,
		[SESSION_TIMER_CLOSING] = service->closing_s,
	};

	return timeouts_s[session_timer_of(state, session_is_direct(s))];
}

/* The state stays the same.  A session that can carry mail begins its timer
 * anew. */
static void
stay(const struct worker *w, const struct active_plan *active,
     struct mx_session *s, uint8_t state)
{
	if (session_is_renewed(state, session_is_direct(s)))
		s->deadline_s = w->now_s + timeout_s(active, s, state);
}

/* The session goes on to another state.  A half-open one keeps the deadline
 * that its SYN set. */
static void
move(struct worker *w, const struct active_plan *active, struct mx_session *s,
     uint8_t before, uint8_t after)
{
	const bool direct = session_is_direct(s);

	if (session_timer_of(after, direct) != SESSION_TIMER_HALF_OPEN)
		s->deadline_s = w->now_s + timeout_s(active, s, after);
	atomic_store_explicit(&s->state, after, memory_order_relaxed);
	account_move(w, s, before, after);
	reclaim_move(w, s, before, after);
	limit_move(w, active, s, after);
}

void
advance_to(struct worker *w, const struct active_plan *active,
	   struct mx_session *s, uint8_t state)
{
	move(w, active, s, state_of(s), state);
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

/* Does a client speak before its MTA has?  The number that it acknowledges tells:
 * it has heard nothing of the MTA yet. */
static bool
speaks_early(const struct mx_session *s, const struct heard *heard,
	     enum session_event event)
{
	const uint8_t state = state_of(s);

	return heard->payload_bytes > 0 &&
	       (event == SESSION_IN_PROOF || event == SESSION_IN_PROOF_FIN) &&
	       (state == MX_SESSION_ANSWERED || state == MX_SESSION_GREETING) &&
	       (int32_t)(heard->seq - s->client_seq) >= 0 &&
	       !(s->flags & MX_SESSION_STAYS);
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
	    is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (other_way)
		event = judge_way(s, frame, &heard, event);
	if (speaks_early(s, &heard, event) && !is_wrong(frame, info))
		s->flags |= MX_SESSION_STAYS;
	if (event == SESSION_IN_SYN)
		note_syn(s, &heard);
	const uint8_t after = session_next_state(before, event);
	if (after == before) {
		if (event == SESSION_IN_WAY && mx_session_is_doubted(before))
			doubt_note_way(w, s, frame, (uint8_t)frame->port,
				       &heard);
		stay(w, active, s, before);
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
	if (unlikely(limit != MX_DROP_NONE)) {
		turnaway_session(w, active, s, frame, info, limit);
		return limit;
	}
	if (after == MX_SESSION_CLOSING)
		limit_know(w, s, &heard, true);
	move(w, active, s, before, after);
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
		move(w, active, s, before, after);
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
		stay(w, active, s, before);
		return MX_DROP_NONE;
	}
	if (is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	const enum mx_drop limit = limit_admit(w, active, s, before, after);
	if (unlikely(limit != MX_DROP_NONE)) {
		turnaway_session(w, active, s, frame, info, limit);
		return limit;
	}
	move(w, active, s, before, after);
	return MX_DROP_NONE;
}

/* The client of a session that no backend has joined yet.  Its RST ends the
 * session, and goes on to a backend that has a SYN. */
static enum mx_drop
advance_joining(struct worker *w, const struct active_plan *active,
		struct mx_session *s, struct rte_mbuf *frame,
		const struct packet_info *info)
{
	const struct heard heard = hear_client(frame, info);

	if (belief_of_client(s, &heard, true) != SESSION_IN_ABORT)
		return MX_DROP_WAITING;
	if (is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	move(w, active, s, MX_SESSION_JOINING, MX_SESSION_RESET);
	return MX_DROP_NONE;
}

enum mx_drop
advance_client(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, struct rte_mbuf *frame,
	       const struct packet_info *info)
{
	if (state_of(s) == MX_SESSION_REFUSED)
		return farewell_client(w, active, s, frame, info);
	if (state_of(s) == MX_SESSION_JOINING)
		return advance_joining(w, active, s, frame, info);
	return session_is_direct(s) ? advance_direct(w, active, s, frame, info)
				    : advance_both(w, active, s, frame, info);
}

/* If clients come by the reply's port too, its MAC address tells, unless that
 * leads to the client as well. */
bool
advance_is_apart(const struct active_plan *active, const struct mx_session *s,
		 struct rte_mbuf *frame)
{
	const uint8_t *mac = packet_headers(frame)->ether.src_addr.addr_bytes;
	const uint8_t *hop = active->plan.backend[s->backend].mac;

	if (!(active->backend_ports >> s->client_port & 1))
		return true;
	return memcmp(mac, hop, sizeof(s->client_mac)) == 0 &&
	       memcmp(mac, s->client_mac, sizeof(s->client_mac)) != 0;
}

/* Is a reply forged?  Its backend is on the network of a port that clients come
 * by too, and the reply came from the client's own MAC address.  A backend behind
 * a gateway may have the gateway of its client. */
static bool
is_from_client(const struct active_plan *active, const struct mx_session *s,
	       struct rte_mbuf *frame)
{
	const uint8_t *mac = packet_headers(frame)->ether.src_addr.addr_bytes;
	const struct mx_backend *backend = &active->plan.backend[s->backend];

	return active->plan.strict_ports && backend->resolved &&
	       !backend->routed && frame->port == s->client_port &&
	       memcmp(mac, s->client_mac, sizeof(s->client_mac)) == 0 &&
	       memcmp(mac, backend->mac, sizeof(backend->mac)) != 0;
}

bool
advance_is_forged(const struct active_plan *active, const struct mx_session *s,
		  struct rte_mbuf *frame)
{
	return !advance_is_reply_port(active, frame) ||
	       is_from_client(active, s, frame);
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

/* Learn what the backend says in its SYN-ACKs.  Where anyone could have sent
 * this one, nothing is learnt. */
static void
learn(struct worker *w, const struct mx_session *s, struct rte_mbuf *frame,
      const struct packet_info *info, bool apart)
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

	learn(w, s, frame, info, advance_is_apart(active, s, frame));
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
	move(w, active, s, MX_SESSION_JOINING, MX_SESSION_GREETING);
	join_acknowledge(w, active, s);
	if (active->plan.service[s->service].implicit_tls)
		join_open_window(
			w, s,
			rte_be_to_cpu_16(
				packet_tcp(frame, info->ip_bytes)->rx_win));
}

/* What a backend that has not joined yet sends is for mxsteer, and not for the
 * client. */
static enum mx_drop
advance_join(struct worker *w, const struct active_plan *active,
	     struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	const struct heard heard = hear_backend(s, frame, info);
	const enum session_event event = belief_of_backend(
		s, &heard, advance_is_apart(active, s, frame));

	if (is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (event == SESSION_OUT_MATCH)
		join(w, active, s, frame, info);
	else if (event == SESSION_OUT_ABORT)
		join_refused(w, active, s);
	else if (!(heard.flags & RTE_TCP_RST_FLAG) &&
		 heard.flags & RTE_TCP_ACK_FLAG && heard.ack != s->client_seq)
		join_disown(w, active, s, &heard);
	return MX_DROP_JOINED;
}

/* Is this the SYN-ACK of a backend whose client got another one?  The client
 * must not see it. */
static bool
is_hidden_answer(const struct mx_session *s, const struct heard *heard,
		 enum session_event event)
{
	const uint8_t handshake = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;

	return s->flags & MX_SESSION_JOINED && event == SESSION_OUT_OTHER &&
	       (heard->flags & (handshake | RTE_TCP_RST_FLAG)) == handshake;
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
						   (tcp->data_off >> 4) * 4u,
					   1, &room);

	return byte == NULL ? 0 : *byte;
}

enum mx_drop
advance_backend(struct worker *w, const struct active_plan *active,
		struct mx_session *s, struct rte_mbuf *frame,
		const struct packet_info *info)
{
	const struct heard heard = hear_backend(s, frame, info);
	const uint8_t before = state_of(s);
	const bool apart = advance_is_apart(active, s, frame);
	const enum session_event event = belief_of_backend(s, &heard, apart);
	const uint8_t after = session_next_state(before, event);

	if (advance_is_forged(active, s, frame))
		return MX_DROP_NOT_OURS;
	if (before == MX_SESSION_REFUSED)
		return farewell_backend(w, s, frame, info);
	if (unlikely(before == MX_SESSION_JOINING))
		return advance_join(w, active, s, frame, info);
	if (unlikely(is_hidden_answer(s, &heard, event))) {
		if (before == MX_SESSION_GREETING &&
		    heard.seq + 1 == s->server_seq)
			join_acknowledge(w, active, s);
		return MX_DROP_JOINED;
	}
	if ((after != before || event == SESSION_OUT_MATCH) &&
	    is_wrong(frame, info))
		return MX_DROP_BAD_CHECKSUM;
	if (event == SESSION_OUT_MATCH) {
		learn(w, s, frame, info, apart);
		note_answer(s, &heard);
	}
	if (event == SESSION_OUT_ABORT && before == MX_SESSION_OPENING &&
	    failover_refused(w, active, s))
		return MX_DROP_FAILED_OVER;
	if (before == MX_SESSION_GREETING) {
		const enum mx_drop why = failover_greeting(
			w, active, s, &heard, first_byte(frame, info));
		if (unlikely(why != MX_DROP_NONE))
			return why;
	}
	if (after == before) {
		stay(w, active, s, before);
		return MX_DROP_NONE;
	}
	if (mx_session_is_doubted(after) && !doubt_begin(w, s))
		return MX_DROP_NONE;
	if (mx_session_is_doubted(before)) {
		if (after == MX_SESSION_RESET)
			w->count->doubts_dead++;
		else
			doubt_answered(w, s, &heard);
	}
	const enum mx_drop limit = limit_admit(w, active, s, before, after);
	if (unlikely(limit != MX_DROP_NONE)) {
		turnaway_session(w, active, s, frame, info, limit);
		return limit;
	}
	if (after == MX_SESSION_CLOSING)
		limit_know(w, s, &heard, false);
	move(w, active, s, before, after);
	/* The client begins anew when it repeats its SYN. */
	return event == SESSION_OUT_ANEW ? MX_DROP_NO_SESSION : MX_DROP_NONE;
}
