/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_JOINING_H
#define MX_JOINING_H

/* What the ends of a session in JOINING or HELD send.  Its client has a SYN-ACK
 * of mxsteer.  In JOINING its backend has a SYN of mxsteer (join.h); in HELD it
 * has not heard of the session (greet/hold.h).
 *
 * Threads    the worker's own. */
#include "belief.h"
#include "packet.h"
#include "worker.h"

/* A segment of the client.  Its RST ends the session, and goes on to a backend
 * that has a SYN.  Returns MX_DROP_NONE if the segment passes, or why not; then
 * a session that was HELD may be gone. */
enum mx_drop joining_client(struct worker *w, const struct active_plan *active,
			    struct mx_session *s, struct rte_mbuf *frame,
			    const struct packet_info *info);

/* A segment of the backend is for mxsteer, and not for the client.  Returns why
 * it is dropped. */
enum mx_drop joining_backend(struct worker *w, const struct active_plan *active,
			     struct mx_session *s, struct rte_mbuf *frame,
			     const struct packet_info *info);

/* Learn what a backend says in its SYN-ACKs.  Where anyone could have sent this
 * one (apart: false), nothing is learnt. */
void joining_learn(struct worker *w, const struct mx_session *s,
		   struct rte_mbuf *frame, const struct packet_info *info,
		   bool apart);

/* Is this the SYN-ACK of a backend whose client got another one?  The client
 * must not see it. */
bool joining_is_hidden(const struct mx_session *s, const struct heard *heard,
		       enum session_event event);

#endif /* MX_JOINING_H */
