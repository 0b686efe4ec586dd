/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ACT_H
#define MX_ACT_H

/* Pass 3, act: a checked segment and its session become a frame on its way out.
 *
 *   fullnat, nat   the session rewrites both directions     (forward/rewrite.h)
 *   fullnat        ... from one family to the other       (forward/translate.h)
 *   dsr            a new Ethernet header and no more
 *   tunnel         a new IP header around the old one        (forward/tunnel.h)
 *
 * Threads    the worker's own. */
#include "advance.h"
#include "direct.h"
#include "options.h"
#include "rewrite.h"
#include "translate.h"
#include "egress.h"
#include "endorder.h"
#include "farewell.h"
#include "open.h"
#include "packet.h"
#include "proxy.h"
#include "reset.h"
#include "segment.h"
#include "side.h"
#include "shift.h"
#include "stray.h"
#include "toobig.h"
#include "watch.h"
#include "worker.h"

#define ACT_FULLNAT46 (MX_FORWARD_FULLNAT | MX_SESSION_SERVER6)
#define ACT_FULLNAT64 (MX_FORWARD_FULLNAT | MX_SESSION_CLIENT6)

static inline void
act_count_in(struct mx_flow_count *count, const struct rte_mbuf *frame)
{
	count->packets_in++;
	count->bytes_in += rte_pktmbuf_pkt_len(frame) - RTE_ETHER_HDR_LEN;
}

static inline void
act_count_out(struct mx_flow_count *count, const struct rte_mbuf *frame)
{
	count->packets_out++;
	count->bytes_out += rte_pktmbuf_pkt_len(frame) - RTE_ETHER_HDR_LEN;
}

static inline struct mx_session *
act_find_inbound(const struct worker *w, struct rte_mbuf *frame,
		 const struct packet_info *info)
{
	if (likely(info->ip_bytes == sizeof(struct rte_ipv4_hdr)))
		return session_find_at(&w->sessions, info->session, info->hash,
				       session_client_is4, packet_ends4(frame));
	return session_find_at(&w->sessions, info->session, info->hash,
			       session_client_is6, packet_ends6(frame));
}

/* Rewrite an IPv6 packet to an IPv6 backend.  Its source becomes the local
 * address; in nat its source stays.  The session's second line is not read. */
static inline void
act_rewrite66_in(const struct worker *w, const struct mx_session *s,
		 const struct mx_addr *server, struct rte_mbuf *frame,
		 uint32_t delta)
{
	struct mx_addr local;

	if (s->kind & MX_SESSION_MODE)
		memcpy(&local, packet_ends6(frame), sizeof(local));
	else
		local = w->map[s->snat_slot].address;
	rewrite66_in(frame, s, &local, server, delta);
}
static_assert(MX_FORWARD_FULLNAT == 0, "of two modes the other is nat");

/* Rewrite a segment of a client by the session's mode and families. */
static inline void
act_rewrite_in(struct worker *w, const struct mx_session *s,
	       const struct mx_addr *server, struct rte_mbuf *frame,
	       uint32_t delta)
{
	switch (s->kind) {
	case MX_FORWARD_FULLNAT:
	case MX_FORWARD_NAT:
		rewrite44_in(frame, s, delta);
		break;
	case ACT_FULLNAT64:
		translate64_in(frame, s, delta);
		break;
	case ACT_FULLNAT46:
		translate46_in(frame, s, &w->map[s->snat_slot].address, server,
			       delta);
		break;
	default:
		act_rewrite66_in(w, s, server, frame, delta);
		break;
	}
}

static inline void
act_rewrite_out(struct worker *w, const struct mx_session *s,
		struct rte_mbuf *frame, uint32_t delta)
{
	switch (s->kind) {
	case MX_FORWARD_FULLNAT:
	case MX_FORWARD_NAT:
		rewrite44_out(frame, s, delta);
		break;
	case ACT_FULLNAT64:
		translate64_out(frame, s, session_wide(&w->sessions, s), delta);
		break;
	case ACT_FULLNAT46:
		translate46_out(frame, s, delta);
		break;
	default:
		rewrite66_out(frame, s, session_wide(&w->sessions, s), delta);
		break;
	}
}

/* In fullnat clients share a local address: options that do not fit a shared
 * address leave both SYNs of the handshake, so that neither end uses them.  So
 * do those that a client could not go on with at another MTA. */
static inline void
act_hide_client(const struct active_plan *active, const struct mx_session *s,
		struct rte_mbuf *frame, const struct packet_info *info)
{
	if ((s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT ||
	    active->plan.service[s->service].fail_over & MX_FAIL_OVER_TOLD)
		options_hide_client(frame, info->ip_bytes);
}

/* A SYN goes without its data (RFC 9293 3.10.7.4: it would only be kept): a
 * header is to come before it, and the backend's answer is to acknowledge the
 * SYN alone.  The client sends the data again. */
static inline void
act_cut_syn(struct rte_mbuf *frame, const struct packet_info *info)
{
	if (info->payload_bytes > 0)
		segment_cut(
			frame, info,
			packet_tcp_bytes(packet_tcp(frame, info->ip_bytes)));
}

/* Pass a segment of a fullnat or nat session on to its backend.  Where clients
 * and backends come by the same port, the PROXY header is guarded for longer.
 */
static inline void
act_nat_in(struct worker *w, const struct active_plan *active,
	   struct mx_session *s, const struct mx_backend *backend,
	   struct rte_mbuf *frame, const struct packet_info *info)
{
	uint32_t delta = 0;

	if (s->shifts != 0) {
		if (unlikely(proxy_is_under_way(s) ||
			     side_is_reply_port(active, frame)) &&
		    proxy_pending(w, s, backend, frame, info))
			return;
		delta = shift_in(s, frame, info);
	}
	act_rewrite_in(w, s, &backend->address.addr, frame, delta);
	egress_send(w, frame, backend->port, backend->mac,
		    s->kind & MX_SESSION_SERVER6);
}

/* Pass on a segment of a client that has a session and a backend. */
static __rte_always_inline enum mx_drop
act_forward(struct worker *w, const struct active_plan *active,
	    struct mx_session *s, const struct mx_backend *backend,
	    struct rte_mbuf *frame, uint8_t port,
	    const struct packet_info *info)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const uint8_t mode = s->kind & MX_SESSION_MODE;
	const bool direct = mx_forward_is_direct(mode);

	if (unlikely(advance_is_step(s, info->tcp_flags) ||
		     advance_is_other_way(s, frame, port))) {
		const enum mx_drop why =
			watch_client(w, active, s, frame, info);
		if (unlikely(why != MX_DROP_NONE))
			return why;
		/* A SYN always takes a step, so data needs no look at it. */
		if (info->tcp_flags & RTE_TCP_SYN_FLAG && !direct) {
			act_cut_syn(frame, info);
			act_hide_client(active, s, frame, info);
		}
	} else {
		advance_data(w, active, s);
	}

	act_count_in(&w->count->backend[s->backend], frame);
	act_count_in(&w->count->service[s->service], frame);
	if (direct)
		return direct_send(w, frame, info, mode, service, backend);
	const uint32_t growth = s->kind == ACT_FULLNAT46 ? TRANSLATE_BYTES : 0;
	if (unlikely(egress_is_too_big(w, frame, backend->port, growth)))
		return toobig_refuse(w, frame, info,
				     egress_room(w, backend->port, growth));
	act_nat_in(w, active, s, backend, frame, info);
	return MX_DROP_NONE;
}

/* A segment of a client whose session has no backend any more.  mxsteer itself
 * may be the one who ends the session. */
static __rte_noinline enum mx_drop
act_lost(struct worker *w, const struct active_plan *active,
	 struct mx_session *s, struct rte_mbuf *frame,
	 const struct packet_info *info)
{
	enum mx_drop why = MX_DROP_NONE;

	if (atomic_load_explicit(&s->state, memory_order_relaxed) ==
	    MX_SESSION_REFUSED)
		return farewell_client(w, active, s, frame, info);
	egress_backend(w, active, s, &why);
	return why;
}

/* Returns whether the operator ended the session.  If not, it may be watched from
 * now on. */
static __rte_noinline bool
act_end_or_watch(struct worker *w, const struct active_plan *active,
		 struct mx_session *s)
{
	if (end_order_has(active, &w->sessions, s))
		return true;
	if (active->plan.backend[s->backend].watched)
		watch_begin(w, active, s);
	return false;
}

/* Forward a segment of a client.  Returns why the segment is dropped, or
 * MX_DROP_NONE with the frame queued. */
static inline enum mx_drop
act_inbound(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, uint8_t port,
	    const struct packet_info *info)
{
	struct mx_session *s = act_find_inbound(w, frame, info);
	enum mx_drop why = MX_DROP_NONE;

	if (unlikely(s == NULL || info->tcp_flags & RTE_TCP_SYN_FLAG)) {
		s = open_session(w, active, s, frame, info, &why);
		if (s == NULL)
			s = stray_borrow_in(w, active, frame, info, why);
		if (s == NULL)
			return stray_segment(w, active, frame, info, why);
	}
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	if (unlikely(backend == NULL))
		return act_lost(w, active, s, frame, info);
	struct packet_info cut;
	if (unlikely(s->opened_s <= backend->ends_s) &&
	    act_end_or_watch(w, active, s)) {
		cut = *info;
		reset_both(w, s, frame, port, &cut);
		info = &cut;
	}
	return act_forward(w, active, s, backend, frame, port, info);
}

/* The session of a reply to a local address.  The port map was asked in pass 2;
 * a session that an earlier frame of this burst ended is found out here. */
static inline struct mx_session *
act_find_reply(const struct worker *w, struct rte_mbuf *frame,
	       const struct packet_info *info, enum mx_drop *why)
{
	struct mx_session *s = session_at(&w->sessions, info->session);
	bool same;

	if (unlikely(info->session == SESSION_NONE ||
		     atomic_load_explicit(&s->state, memory_order_relaxed) ==
			     MX_SESSION_FREE)) {
		*why = MX_DROP_NO_SESSION;
		return NULL;
	}
	if (likely(info->ip_bytes == sizeof(struct rte_ipv4_hdr))) {
		same = session_ends_are4(s, MX_SESSION_FROM_SERVER,
					 packet_ends4(frame));
	} else {
		const struct mx_flow4 narrow =
			session_narrow(&w->sessions, packet_ends6(frame));
		same = session_ends_are4(s, MX_SESSION_FROM_SERVER, &narrow);
	}
	if (likely(same))
		return s;
	/* The slot may have been given to another since it was looked up. */
	*why = s->snat_slot == info->index &&
			       s->local_port_be ==
				       rte_cpu_to_be_16(info->local_port)
		       ? MX_DROP_NOT_OURS
		       : MX_DROP_NO_SESSION;
	return NULL;
}

/* The session of a reply that carries the client's own address, or NULL. */
static inline struct mx_session *
act_find_back(const struct worker *w, struct rte_mbuf *frame,
	      const struct packet_info *info)
{
	if (info->ip_bytes == sizeof(struct rte_ipv4_hdr))
		return session_find_at(&w->sessions, info->session, info->hash,
				       session_server_is4, packet_ends4(frame));
	return session_find_at(&w->sessions, info->session, info->hash,
			       session_server_is6, packet_ends6(frame));
}

/* Act on a packet from a backend. */
static inline enum mx_drop
act_reply(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, const struct packet_info *info)
{
	enum mx_drop why = MX_DROP_NONE;
	struct mx_session *s = info->direction == DIRECTION_OUT
				       ? act_find_reply(w, frame, info, &why)
				       : act_find_back(w, frame, info);

	if (unlikely(s == NULL)) {
		s = stray_borrow_out(w, active, frame, info);
		if (s == NULL)
			return stray_reply(w, active, frame, info, why);
	}
	const uint32_t growth = s->kind == ACT_FULLNAT64 ? TRANSLATE_BYTES : 0;
	if (unlikely(egress_is_too_big(w, frame, s->client_port, growth)))
		return toobig_refuse(w, frame, info,
				     egress_room(w, s->client_port, growth));
	if (unlikely(advance_is_step(s, info->tcp_flags) ||
		     !side_is_reply_port(active, frame))) {
		why = watch_backend(w, active, s, frame, info);
		if (unlikely(why != MX_DROP_NONE))
			return why;
		if (info->tcp_flags & RTE_TCP_SYN_FLAG)
			act_hide_client(active, s, frame, info);
	} else {
		advance_data(w, active, s);
	}
	act_count_out(&w->count->backend[s->backend], frame);
	act_count_out(&w->count->service[s->service], frame);
	act_rewrite_out(w, s, frame,
			s->shifts == 0 ? 0 : shift_out(s, frame, info));
	egress_send(w, frame, s->client_port, s->client_mac,
		    s->kind & MX_SESSION_CLIENT6);
	return MX_DROP_NONE;
}

static inline enum mx_drop
act_packet(struct worker *w, const struct active_plan *active,
	   struct rte_mbuf *frame, uint8_t port, const struct packet_info *info)
{
	return info->direction == DIRECTION_IN
		       ? act_inbound(w, active, frame, port, info)
		       : act_reply(w, active, frame, info);
}

/* act_packet(), or the end of a frame that it refuses. */
static __rte_always_inline void
act_or_drop(struct worker *w, const struct active_plan *active,
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

#endif /* MX_ACT_H */
