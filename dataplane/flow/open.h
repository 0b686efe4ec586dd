/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OPEN_H
#define MX_OPEN_H

/* The one segment in a session that decides: the client's SYN.
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* The session that a segment belongs to, when it has none yet (known: NULL) or
 * when it is a SYN for one that is there already.  A SYN opens a session; what
 * is neither gets NULL with MX_DROP_NO_SESSION.
 *
 * A SYN on a known session is the same one again while its backend serves.  A
 * live session stays even with a backend that drains, which answers a stray SYN
 * by a challenge ACK (RFC 5961 4).  Once the session is over, or its backend is
 * down, the SYN is a new one: clients re-use their ports quickly.
 *
 * Returns the session, or NULL with the reason in *why: MX_DROP_NONE if mxsteer
 * itself is to answer the SYN by a cookie (greet.h). */
struct mx_session *
open_session(struct worker *w, const struct active_plan *active,
	     struct mx_session *known, struct rte_mbuf *frame,
	     const struct packet_info *info, enum mx_drop *why);

/* What a session begins with, besides its ends: see struct mx_session. */
struct open_numbers {
	uint32_t client_seq;
	uint32_t server_seq;
	uint8_t syn;
	uint8_t state; /* MX_SESSION_OPENING, JOINING or HELD */
};

/* Open the session of a client that has proven its address by the SYN-ACK of
 * mxsteer, with a backend, a slot and a local port.  The caller makes sure that
 * its flow has no session.  The session begins in JOINING, and its backend gets
 * a SYN (join.h); or it begins in HELD (greet/hold.h).
 *
 * Returns MX_DROP_NONE, or why there is no session. */
enum mx_drop open_proven(struct worker *w, const struct active_plan *active,
			 struct rte_mbuf *frame, const struct packet_info *info,
			 const struct open_numbers *numbers);

#endif /* MX_OPEN_H */
