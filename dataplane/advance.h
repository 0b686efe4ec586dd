/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADVANCE_H
#define MX_ADVANCE_H

/* A segment moves its session on: state, deadline, and who has how many.
 *
 * Nearly all are data of an established session, which move nothing but the
 * deadline, and that once a second.  What is not written need not be written
 * back to memory either.
 *
 * Threads    the worker's own. */
#include <rte_tcp.h>

#include "tcpstate.h"
#include "worker.h"

/* What a handshake, an end or a reset does, and a session that is not
 * established.  event: of whoever sent the segment. */
void advance_step(struct worker *w, const struct view *view,
		  struct mx_session *s, enum session_event event);

/* direction: the SYN event of whoever sent the segment. */
static inline void
advance_session(struct worker *w, const struct view *view, struct mx_session *s,
		uint8_t tcp_flags, enum session_event direction)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const uint32_t deadline_s =
		w->now_s + view->plan.service[s->service].idle_s;

	if (unlikely(state != MX_SESSION_ESTABLISHED ||
		     tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG |
				  RTE_TCP_RST_FLAG)))
		advance_step(w, view, s,
			     session_event_of(tcp_flags, direction));
	else if (unlikely(s->deadline_s != deadline_s))
		s->deadline_s = deadline_s;
}

#endif /* MX_ADVANCE_H */
