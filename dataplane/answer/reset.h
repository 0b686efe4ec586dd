/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESET_H
#define MX_RESET_H

/* Resets to both sides of a session that the operator ended, and to senders of
 * segments whose session is not here.
 *
 * A reset counts only at the number its receiver expects next, which nobody
 * here keeps.  A client's segment tells both sides' numbers; so it is answered,
 * and turned into the other reset.  A client that is silent is asked: it
 * answers a segment of old numbers with its present numbers (RFC 9293
 * 3.10.7.4).
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* How long a silent client may take to answer until its session is
 * forgotten. */
#define RESET_ANSWER_S 30

/* Answer the client's segment with a reset (RFC 9293 3.5.3, 3.10.7.1), unless
 * it is one, and turn the segment itself into one for the backend: *info says
 * so from then on. */
void reset_both(struct worker *w, const struct mx_session *s,
		struct rte_mbuf *frame, uint8_t port, struct packet_info *info);

/* Answer a segment that belongs to no session, so that its sender need not wait
 * for its own timer: at a limited rate, counted, and not right after a
 * start.  reset_unknown(): it may be of a handshake, whose segments are not
 * answered.  reset_left(): its sender was left by its session. */
void reset_unknown(struct worker *w, struct rte_mbuf *frame,
		   const struct packet_info *info);
void reset_left(struct worker *w, struct rte_mbuf *frame,
		const struct packet_info *info);

/* Ask the silent clients among the next few sessions. */
void reset_search(struct worker *w, const struct active_plan *active);

#endif /* MX_RESET_H */
