/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TURNAWAY_H
#define MX_TURNAWAY_H

/* What a client gets that is over its limit (limit.h).  Its segment is dropped
 * by the caller.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Answer a SYN that opens nothing, at a limited rate. */
void turnaway_syn(struct worker *w, const struct active_plan *active,
		  struct rte_mbuf *frame, const struct packet_info *info,
		  enum mx_drop why);

/* Reset both ends of a session that would begin to count with this segment, of
 * either side, and end it. */
void turnaway_session(struct worker *w, const struct active_plan *active,
		      struct mx_session *s, struct rte_mbuf *frame,
		      const struct packet_info *info, enum mx_drop why);

#endif /* MX_TURNAWAY_H */
