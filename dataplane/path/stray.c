/* SPDX-License-Identifier: BSD-3-Clause */
#include "stray.h"

#include "borrow.h"
#include "direct.h"
#include "greet.h"
#include "reset.h"
#include "session.h"
#include "side.h"
#include "twinqueue.h"

/* The session that the sender of a segment may have, by the ends and the numbers
 * of the segment. */
struct told {
	struct mx_flow4 ends; /* as session_narrow() */
	uint8_t kind;         /* of a nat session of these families */
	uint32_t acked;
};

static bool
has_left(const struct mx_session *s, uint32_t acked)
{
	return mx_session_tries(s) > 0 &&
	       (acked == s->client_seq ||
		acked == s->client_seq + mx_session_header(s));
}

/* Is this the nat session that has left the sender of the segment for another
 * backend? */
static bool
is_left(const struct session_table *table, const struct mx_session *s,
	const void *ends)
{
	const struct told *told = ends;

	(void)table;
	return s->kind == told->kind && s->local_be == told->ends.dst_be &&
	       s->local_port_be == told->ends.dst_port_be &&
	       has_left(s, told->acked);
}

/* A session of nat has its client's own end, which decides where it is. */
static bool
is_left_by_nat(const struct worker *w, struct rte_mbuf *frame,
	       const struct packet_info *info, uint32_t acked)
{
	const bool four = info->ip_bytes == sizeof(struct rte_ipv4_hdr);
	const struct told told = {
		.ends = four ? packet_flow4(frame)
			     : session_narrow(&w->sessions,
					      packet_ends6(frame)),
		.kind = four ? MX_FORWARD_NAT
			     : MX_FORWARD_NAT | MX_SESSION_CLIENT6 |
					MX_SESSION_SERVER6,
		.acked = acked,
	};

	return session_find_anew(&w->sessions, info->hash, is_left, &told) !=
	       NULL;
}

/* Was the sender the backend of a session that has gone to another one? */
static bool
is_of_left(const struct worker *w, struct rte_mbuf *frame,
	   const struct packet_info *info, enum mx_drop why)
{
	const uint32_t acked =
		rte_be_to_cpu_32(packet_tcp(frame, info->ip_bytes)->recv_ack);

	if (!(info->tcp_flags & RTE_TCP_ACK_FLAG) ||
	    info->tcp_flags & RTE_TCP_RST_FLAG)
		return false;
	if (info->direction != DIRECTION_OUT)
		return is_left_by_nat(w, frame, info, acked);
	return why == MX_DROP_NOT_OURS &&
	       has_left(session_at(&w->sessions, info->session), acked);
}

struct mx_session *
stray_borrow_in(struct worker *w, const struct active_plan *active,
		struct rte_mbuf *frame, const struct packet_info *info,
		enum mx_drop why)
{
	return why == MX_DROP_NO_SESSION
		       ? borrow_inbound(w, active, frame, info)
		       : NULL;
}

struct mx_session *
stray_borrow_out(struct worker *w, const struct active_plan *active,
		 struct rte_mbuf *frame, const struct packet_info *info)
{
	return borrow_reply(w, active, frame, info);
}

/* Not while a session may be missing that a peer is about to tell of. */
static void
reset_stranger(struct worker *w, struct rte_mbuf *frame,
	       const struct packet_info *info)
{
	if (!borrow_is_taught(w))
		reset_unknown(w, frame, info);
}

enum mx_drop
stray_segment(struct worker *w, const struct active_plan *active,
	      struct rte_mbuf *frame, const struct packet_info *info,
	      enum mx_drop why)
{
	if (why == MX_DROP_NONE) {
		greet_cookie(w, active, frame, info, why);
		return why;
	}
	if (why == MX_DROP_TABLE_FULL &&
	    mx_forward_is_direct(active->plan.service[info->index].forward)) {
		w->count->stateless++;
		why = direct_unknown(w, active, frame, info);
	}
	if (why == MX_DROP_HOMING)
		return why; /* it comes again in a second */
	if (why != MX_DROP_NO_SESSION)
		return greet_syn(w, active, frame, info, why);
	why = greet_segment(w, active, frame, info);
	if (why != MX_DROP_NO_SESSION)
		return why;
	if (direct_needs_no_session(active, info))
		return direct_unknown(w, active, frame, info);
	reset_stranger(w, frame, info);
	return why;
}

enum mx_drop
stray_reply(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, const struct packet_info *info,
	    enum mx_drop why)
{
	const bool inside = side_is_reply_port(active, frame);

	if (inside && is_of_left(w, frame, info, why)) {
		reset_left(w, frame, info);
		return MX_DROP_FAILED_OVER;
	}
	/* A nat backend also talks to this host, which probes it: such a packet
	 * is the kernel's. */
	if (info->direction != DIRECTION_OUT) {
		twinqueue_put(w, frame);
		return MX_DROP_NONE;
	}
	if (why == MX_DROP_NO_SESSION && inside)
		reset_stranger(w, frame, info);
	return why;
}
