/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STRAY_H
#define MX_STRAY_H

/* Segments that belong to no session of this box.  A session of a peer is taken up
 * (borrow.h); else:
 *
 * A client may be answered without a session.  A mode that works without sessions
 * still forwards its segment to the backend that the pick table names, a SYN if
 * there is no slot for it.
 *
 * A backend that a session has left for another one (failover.h) may answer
 * late: it got a SYN, and perhaps no RST.  It would repeat its answer for a
 * minute, so it is reset, at the number that it expects.  Such a segment
 * acknowledges the session's SYN, or its header, and comes to the session's
 * local end from another address than that of the session's backend.  A segment
 * of another connection acknowledges another number, and is not reset.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Nothing here is inline: the packets of sessions would pay for it. */

/* The session of a segment of a client, or of a reply, that was taken up just now;
 * or NULL.  why: the reason for which no session was found. */
struct mx_session *stray_borrow_in(struct worker *w,
				   const struct active_plan *active,
				   struct rte_mbuf *frame,
				   const struct packet_info *info,
				   enum mx_drop why);
struct mx_session *stray_borrow_out(struct worker *w,
				    const struct active_plan *active,
				    struct rte_mbuf *frame,
				    const struct packet_info *info);

/* A segment of a client that has no session and gets none.  Returns why it is
 * dropped, or MX_DROP_NONE: its frame is queued. */
enum mx_drop stray_segment(struct worker *w, const struct active_plan *active,
			   struct rte_mbuf *frame,
			   const struct packet_info *info, enum mx_drop why);

/* The same of a reply.  Returns why the frame is
 * dropped, or MX_DROP_NONE: it goes to the kernel. */
enum mx_drop stray_reply(struct worker *w, const struct active_plan *active,
			 struct rte_mbuf *frame, const struct packet_info *info,
			 enum mx_drop why);

#endif /* MX_STRAY_H */
