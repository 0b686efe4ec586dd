/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DIRECT_H
#define MX_DIRECT_H

/* Forward modes dsr and tunnel: the backend has the VIP itself, sees the
 * client's own packet, and answers the client directly (direct return).
 *
 * Only clients' segments are seen, and a session keeps no more than which
 * backend its flow has, so that a change of the pick table moves nobody.  A
 * segment of no session goes where the table says: after a crash, or on another
 * box of equal tables, that is where its session is.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* May a segment that belongs to no session be forwarded? */
static inline bool
direct_needs_no_session(const struct active_plan *active,
			const struct packet_info *info)
{
	return mx_forward_is_direct(
		       active->plan.service[info->index].forward) &&
	       !(info->tcp_flags & RTE_TCP_SYN_FLAG);
}

/* Forward it.  Returns why not, or MX_DROP_NONE with the frame queued. */
enum mx_drop direct_unknown(struct worker *w, const struct active_plan *active,
			    struct rte_mbuf *frame,
			    const struct packet_info *info);

/* Send a client's packet to a backend, in the mode that the service still must
 * have.  What would not fit into a tunnel is answered with how large it may be
 * (RFC 1191, 8201), and dropped. */
enum mx_drop direct_send(struct worker *w, struct rte_mbuf *frame,
			 const struct packet_info *info, uint8_t mode,
			 const struct mx_service *service,
			 const struct mx_backend *backend);

/* Send an ICMP error about a packet that a backend has sent as the VIP to the
 * backend that has the session, or would get it.  flow: the client's; s: its
 * session, or NULL. */
enum mx_drop direct_icmp(struct worker *w, const struct active_plan *active,
			 struct rte_mbuf *frame, const struct packet_info *info,
			 const struct mx_session *s,
			 const struct mx_flow *flow);

#endif /* MX_DIRECT_H */
