/* SPDX-License-Identifier: BSD-3-Clause */
#include "proxy.h"

#include <rte_cycles.h>

#include "verify.h"
#include "egress.h"
#include "maker.h"
#include "worker.h"

/* The client's window in a header that is sent again: room for a banner.  The
 * client's next segment tells the real window. */
#define PROXY_WINDOW 4096

#define PROXY_YOUNG_S 130

/* The pauses from one sending to the next. */
static const uint16_t delay_ms[PROXY_SENDS] = {200, 400, 800, 1400};

int
proxy_timers_make(struct resend_ladder *timers, uint64_t tsc_hz)
{
	return resend_make(timers, PROXY_QUEUE_ENTRIES, delay_ms, tsc_hz);
}

/* The session's length says whether its header has a mark. */
static uint8_t
header_of(uint8_t *out, const struct mx_session *s,
	  const struct mx_session_wide *ends)
{
	const struct mx_endpoint client = {ends->client, s->client_port_be};
	const struct mx_endpoint vip = {ends->vip, s->vip_port_be};
	const uint8_t bytes = mx_proxy_write(
		out, s->flags & MX_SESSION_V2 ? MX_PROXY_V2 : MX_PROXY_V1,
		&client, &vip);

	return mx_session_header(s) > bytes ? mx_proxy_mark(out, bytes) : bytes;
}

void
proxy_arm(struct mx_session *s, const struct mx_session_wide *ends,
	  enum mx_proxy version)
{
	uint8_t header[MX_PROXY_HEADER_MAX];

	s->flags |= (uint8_t)(MX_SESSION_PROXY_ARMED << MX_SESSION_PROXY_SHIFT |
			      (version == MX_PROXY_V2 ? MX_SESSION_V2 : 0));
	s->shifts |= header_of(header, s, ends);
}

void
proxy_mark(struct mx_session *s)
{
	if (mx_session_proxy(s) == MX_SESSION_PROXY_ARMED &&
	    s->flags & MX_SESSION_V2)
		s->shifts = (uint8_t)(s->shifts + MX_PROXY_MARK_BYTES);
}

/* Fill an empty frame with the segment that carries the header.  ack: as the
 * client counts. */
static void
build(struct rte_mbuf *frame, const struct mx_session *s,
      const struct mx_session_wide *ends, uint32_t ack, rte_be16_t window_be)
{
	const struct mx_flow flow = {ends->local, ends->server,
				     s->local_port_be, s->server_port_be};
	struct rte_tcp_hdr *tcp =
		maker_segment(frame, &flow, mx_session_header(s));

	tcp->sent_seq = rte_cpu_to_be_32(s->client_seq);
	tcp->recv_ack = rte_cpu_to_be_32(ack + s->ack_shift);
	tcp->tcp_flags = RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG;
	tcp->rx_win = window_be;
	header_of((uint8_t *)(tcp + 1), s, ends);
}

static void
send_header(struct worker *w, struct rte_mbuf *frame,
	    const struct mx_session *s, const struct mx_backend *backend,
	    uint32_t ack, rte_be16_t window_be)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);

	build(frame, s, &ends, ack, window_be);
	maker_send(w, frame, backend->port, backend->mac);
}

/* Send the header in a frame of our own. */
static void
send_extra(struct worker *w, const struct mx_session *s,
	   const struct mx_backend *backend, uint32_t ack, rte_be16_t window_be)
{
	struct rte_mbuf *frame = worker_make_frame(w);

	if (frame != NULL)
		send_header(w, frame, s, backend, ack, window_be);
}

/* The header goes to the queue of the next sending, or stays in the last one. */
static void
wait_for_ack(struct worker *w, const struct mx_session *s, int sends,
	     uint64_t now_tsc)
{
	const bool is_late = sends == PROXY_SENDS;

	if ((is_late && w->now_s - s->opened_s >= PROXY_TRY_S) ||
	    !resend_put(&w->proxy.stage[is_late ? PROXY_SENDS - 1 : sends],
			session_index(&w->sessions, s), mx_session_try(s),
			now_tsc))
		w->count->proxy_given_up++;
}

static bool
drop(struct worker *w, struct rte_mbuf *frame, enum mx_drop why)
{
	worker_drop(w, frame, why);
	return true;
}

/* Until a backend has the header, only what fits the handshake passes.
 *
 * A backend under SYN cookies takes an ACK for the end of any handshake that it
 * has answered, and a client may have begun several, with numbers that it chose
 * so that its own data lies where the header of another belongs.  So a segment
 * passes only with the numbers of the one handshake that was proven.
 * Returns why it does not, or MX_DROP_NONE. */
static enum mx_drop
fault_before_header(const struct mx_session *s, struct rte_mbuf *frame,
		    const struct packet_info *info, bool proven)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	if (state == MX_SESSION_OPENING ||
	    !(info->tcp_flags & RTE_TCP_ACK_FLAG) ||
	    (proven && rte_be_to_cpu_32(tcp->recv_ack) != s->server_seq))
		return MX_DROP_NO_SESSION;
	return checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG
		       ? MX_DROP_BAD_CHECKSUM
		       : MX_DROP_NONE;
}

/* Has the client proven the handshake?  An ACK that is no proof may still
 * acknowledge a SYN-ACK that the backend gave: only the backend knows. */
static bool
is_proven(const struct mx_session *s)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	return state != MX_SESSION_OPENING && state != MX_SESSION_ANSWERED;
}

/* Would a segment's data take sequence numbers of the header?  Where clients
 * and backends come by one port, anyone can forge the backend's ACK of a header
 * that it never got; so there a young session takes no data from before its
 * first byte.  A backend under SYN cookies forgets a handshake within this
 * time, and no session carries 4 GiB in it, after which the numbers would come
 * again. */
static bool
is_in_headers_place(const struct worker *w, const struct mx_session *s,
		    int32_t ahead, const struct packet_info *info)
{
	return w->now_s - s->opened_s < PROXY_YOUNG_S && ahead < 0 &&
	       info->payload_bytes > 0 &&
	       ahead + (int32_t)(info->payload_bytes + mx_session_header(s)) >
		       0;
}

bool
proxy_pending(struct worker *w, struct mx_session *s,
	      const struct mx_backend *backend, struct rte_mbuf *frame,
	      const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const int32_t ahead =
		(int32_t)(rte_be_to_cpu_32(tcp->sent_seq) - s->client_seq);
	const uint32_t ack = rte_be_to_cpu_32(tcp->recv_ack);
	const rte_be16_t window_be = tcp->rx_win;

	if (info->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG))
		return false;
	if (!proxy_is_under_way(s))
		return mx_session_header(s) != 0 &&
		       is_in_headers_place(w, s, ahead, info) &&
		       drop(w, frame, MX_DROP_NO_SESSION);
	const bool proven = is_proven(s);
	const enum mx_drop why = fault_before_header(s, frame, info, proven);
	if (why != MX_DROP_NONE)
		return drop(w, frame, why);
	if (mx_session_proxy(s) == MX_SESSION_PROXY_ARMED) {
		mx_session_set_proxy(s, MX_SESSION_PROXY_SENT);
		if (proven)
			wait_for_ack(w, s, 0, rte_rdtsc());
	} else if (proven && ahead > 0) {
		return false; /* behind the header: the timer takes care */
	}
	/* An ACK that is no proof makes the header go out, and carries nothing
	 * itself. */
	if (proven && (ahead > 0 ||
		       (ahead == 0 && (info->payload_bytes > 0 ||
				       info->tcp_flags & RTE_TCP_FIN_FLAG)))) {
		send_extra(w, s, backend, ack, window_be);
		return false;
	}
	rte_pktmbuf_reset(frame);
	send_header(w, frame, s, backend, ack, window_be);
	return true;
}

/* Does the slot still hold the session that waits? */
static bool
is_waiting(const struct mx_session *s, const struct resend_wait *wait)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	return state != MX_SESSION_FREE && !mx_session_is_over(state) &&
	       mx_session_proxy(s) == MX_SESSION_PROXY_SENT &&
	       mx_session_try(s) == wait->client_seq;
}

static void
send_again(struct worker *w, const struct active_plan *active,
	   const struct resend_wait *wait, int sends, uint64_t now_tsc)
{
	const struct mx_session *s = &w->sessions.file->session[wait->session];
	enum mx_drop why;

	if (!is_waiting(s, wait))
		return;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	if (backend != NULL) {
		w->count->proxy_resent++;
		send_extra(w, s, backend, s->server_seq,
			   RTE_BE16(PROXY_WINDOW));
	}
	wait_for_ack(w, s, sends + 1, now_tsc);
}

void
proxy_send(struct worker *w, struct mx_session *s,
	   const struct mx_backend *backend)
{
	if (mx_session_proxy(s) == MX_SESSION_PROXY_ARMED) {
		mx_session_set_proxy(s, MX_SESSION_PROXY_SENT);
		wait_for_ack(w, s, 0, rte_rdtsc());
	}
	if (mx_session_proxy(s) == MX_SESSION_PROXY_SENT)
		send_extra(w, s, backend, s->server_seq,
			   RTE_BE16(PROXY_WINDOW));
}

bool
proxy_tick(struct worker *w, const struct active_plan *active, uint64_t now_tsc)
{
	bool any = false;

	struct resend_wait wait;

	/* Send as many as one burst holds; the next poll does the rest. */
	for (int sends = 0; sends < PROXY_SENDS; sends++)
		for (int i = 0;
		     i < BURST_MAX / PROXY_SENDS &&
		     resend_take(&w->proxy.stage[sends], now_tsc, &wait);
		     i++) {
			any = true;
			send_again(w, active, &wait, sends, now_tsc);
		}
	return any;
}

void
proxy_resume(struct worker *w, const struct mx_session *s)
{
	wait_for_ack(w, s, 0, rte_rdtsc());
}
