/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STRAY_H
#define MX_STRAY_H

/* Segments of backends that belong to no session.
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

/* why: the reason for which no session was found.  Returns why the frame is
 * dropped, or MX_DROP_NONE: it goes to the kernel. */
enum mx_drop stray_reply(struct worker *w, const struct active_plan *active,
			 struct rte_mbuf *frame, const struct packet_info *info,
			 enum mx_drop why);

#endif /* MX_STRAY_H */
