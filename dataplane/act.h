/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ACT_H
#define MX_ACT_H

/* Pass 2: a checked segment and its session become a frame on its way out.
 *
 * Threads    the worker's own. */
#include "forward/fullnat.h"
#include "open.h"
#include "packet.h"
#include "tcpstate.h"
#include "worker.h"

/* The event of a segment; out: 0, or SESSION_OUT_SYN for the other side. */
static inline enum session_event
act_event(uint8_t tcp_flags, unsigned out)
{
	if (unlikely(tcp_flags & RTE_TCP_RST_FLAG))
		return SESSION_IN_RST + out;
	if (unlikely(tcp_flags & RTE_TCP_SYN_FLAG))
		return SESSION_IN_SYN + out;
	if (unlikely(tcp_flags & RTE_TCP_FIN_FLAG))
		return SESSION_IN_FIN + out;
	return SESSION_IN_DATA + out;
}

static inline void
act_count_move(struct mx_flow_count *count, uint8_t before, uint8_t after)
{
	count->established += before == MX_SESSION_ANSWERED &&
			      after == MX_SESSION_ESTABLISHED;
	count->closed += mx_session_is_over(after);
	count->closed -= mx_session_is_over(before);
}

/* Move the session on, and its deadline.  Stores only what changes: most
 * segments of a transfer move neither within a second. */
static inline void
act_advance(struct worker *w, const struct mx_service *service,
	    struct mx_session *s, enum session_event event)
{
	const uint8_t before =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const uint8_t after = session_next_state(before, event);
	const uint32_t timeout_s[SESSION_TIMERS] = {
		[SESSION_TIMER_HALF_OPEN] = service->half_open_s,
		[SESSION_TIMER_IDLE] = service->idle_s,
		[SESSION_TIMER_CLOSING] = service->closing_s,
	};
	const uint32_t deadline_s =
		w->now_s + timeout_s[session_timer_of(after)];

	if (after != before) {
		atomic_store_explicit(&s->state, after, memory_order_relaxed);
		act_count_move(&w->count->backend[s->backend], before, after);
		act_count_move(&w->count->service[s->service], before, after);
	}
	if (s->deadline_s != deadline_s)
		s->deadline_s = deadline_s;
}

static inline void
act_ether(struct worker *w, struct rte_mbuf *frame, uint8_t port,
	  const uint8_t mac[6])
{
	struct headers *h = packet_headers(frame);

	memcpy(&h->ether.dst_addr, mac, sizeof(h->ether.dst_addr));
	h->ether.src_addr = w->port[port].mac;
}

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

/* From a client.  Returns why not, or MX_DROP_NONE with the frame queued. */
static inline enum mx_drop
act_inbound(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	    uint8_t port, const struct packet_info *info)
{
	struct mx_session *s =
		session_find(&w->sessions, info->hash, &info->flow);
	enum mx_drop why = MX_DROP_NONE;

	if (unlikely(s == NULL || info->tcp_flags & RTE_TCP_SYN_FLAG)) {
		s = open_session(w, view, s, info, &why);
		if (s == NULL)
			return why;
	}
	const struct mx_backend *backend = &view->plan.backend[s->backend];
	if (unlikely(!backend->used ||
		     mx_addr_to4(&backend->address.addr) != s->server_be ||
		     !mx_addr_is4(&backend->address.addr) ||
		     backend->address.port_be != s->server_port_be))
		return MX_DROP_BACKEND_GONE;
	if (unlikely(!backend->resolved))
		return MX_DROP_NO_NEXTHOP;

	act_advance(w, &view->plan.service[s->service], s,
		    act_event(info->tcp_flags, 0));
	/* The way back may change under a session: a router failed over. */
	memcpy(s->client_mac, &packet_headers(frame)->ether.src_addr,
	       sizeof(s->client_mac));
	s->client_port = port;

	act_count_in(&w->count->backend[s->backend], frame);
	act_count_in(&w->count->service[s->service], frame);
	fullnat_in(frame, s);
	act_ether(w, frame, backend->port, backend->mac);
	worker_send(w, frame, backend->port);
	return MX_DROP_NONE;
}

/* From a backend.  The port map was asked in pass 1; a session that an earlier
 * frame of this burst ended is found out here. */
static inline enum mx_drop
act_reply(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	  const struct packet_info *info)
{
	struct mx_session *s = &w->sessions.file->session[info->session];

	if (unlikely(atomic_load_explicit(&s->state, memory_order_relaxed) ==
			     MX_SESSION_FREE ||
		     s->local_be != info->flow.dst_be ||
		     s->local_port_be != info->flow.dst_port_be))
		return MX_DROP_NO_SESSION;
	if (unlikely(s->server_be != info->flow.src_be ||
		     s->server_port_be != info->flow.src_port_be))
		return MX_DROP_NOT_OURS;

	act_advance(w, &view->plan.service[s->service], s,
		    act_event(info->tcp_flags, SESSION_OUT_SYN));
	act_count_out(&w->count->backend[s->backend], frame);
	act_count_out(&w->count->service[s->service], frame);
	fullnat_out(frame, s);
	act_ether(w, frame, s->client_port, s->client_mac);
	worker_send(w, frame, s->client_port);
	return MX_DROP_NONE;
}

static inline enum mx_drop
act_packet(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	   uint8_t port, const struct packet_info *info)
{
	return info->direction == DIRECTION_IN
		       ? act_inbound(w, view, frame, port, info)
		       : act_reply(w, view, frame, info);
}

#endif /* MX_ACT_H */
