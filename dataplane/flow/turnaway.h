/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TURNAWAY_H
#define MX_TURNAWAY_H

/* Sessions of a client that is over its limit (limit.h); and the rows of clients
 * that were refused, or spoke early, for `show clients`.  greet.h answers the SYN of
 * a client that is over its limit.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Note that a client was refused, for `show clients`. */
void turnaway_note(struct worker *w, const struct active_plan *active,
		   uint8_t service, const struct mx_addr *client,
		   enum mx_drop why);

/* Note that a client spoke before its greeting, and whether it was refused. */
void turnaway_note_early(struct worker *w, uint8_t service,
			 const struct mx_addr *client, bool refused);

/* Take leave of a session that would begin to count with this segment, of either
 * side: its backend is reset, and its client is told what `answer` of `clients:`
 * says (farewell.h).  With direct return both ends are reset, as the client has
 * had its greeting.  Returns why the caller drops the segment: a client that
 * was told is counted as told, and not as refused as well. */
enum mx_drop turnaway_session(struct worker *w,
			      const struct active_plan *active,
			      struct mx_session *s, struct rte_mbuf *frame,
			      const struct packet_info *info, enum mx_drop why);

#endif /* MX_TURNAWAY_H */
