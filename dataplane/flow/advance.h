/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADVANCE_H
#define MX_ADVANCE_H

/* A segment moves its session on: state, deadline, numbers, the way back, and
 * the accounts.
 *
 * Nearly all segments are data of an established session.  They move only the
 * deadline, once a second, so that the session's cache line is seldom written.
 * All others take a step, which asks belief.h what the segment is believed for.
 * Before a step moves anything, it checks the segment's checksum: an end drops
 * a segment with a wrong checksum, so it must move nothing here.
 *
 * Threads    the worker's own. */
#include <rte_tcp.h>

#include "packet.h"
#include "worker.h"

/* Returns MX_DROP_NONE, or why the segment must not be passed on.  If the
 * client is over a limit, the session is there no more. */
enum mx_drop advance_client(struct worker *w, const struct active_plan *active,
			    struct mx_session *s, struct rte_mbuf *frame,
			    const struct packet_info *info);
enum mx_drop advance_backend(struct worker *w, const struct active_plan *active,
			     struct mx_session *s, struct rte_mbuf *frame,
			     const struct packet_info *info);

/* Put a live session in doubt; its backend is asked. */
void advance_doubt(struct worker *w, const struct active_plan *active,
		   struct mx_session *s);

/* Does a segment need a step? */
static inline bool
advance_is_step(const struct mx_session *s, uint8_t tcp_flags)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed) !=
		       MX_SESSION_ESTABLISHED ||
	       tcp_flags &
		       (RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG | RTE_TCP_RST_FLAG);
}

/* Plain data of an established session. */
static inline void
advance_data(const struct worker *w, const struct active_plan *active,
	     struct mx_session *s)
{
	const uint32_t deadline_s =
		w->now_s + active->plan.service[s->service].idle_s;

	if (unlikely(s->deadline_s != deadline_s))
		s->deadline_s = deadline_s;
}

/* Does a segment of the client come by the way that its replies go? */
static inline bool
advance_is_other_way(const struct mx_session *s, struct rte_mbuf *frame,
		     uint8_t port)
{
	const uint8_t *mac = packet_headers(frame)->ether.src_addr.addr_bytes;

	return memcmp(s->client_mac, mac, sizeof(s->client_mac)) != 0 ||
	       s->client_port != port;
}

#endif /* MX_ADVANCE_H */
