/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_JOIN_H
#define MX_JOIN_H

/* A backend joins a client that has its SYN-ACK from mxsteer (greet.h).
 *
 *   client                     mxsteer                          backend
 *     SYN c            ->
 *                      <-      SYN-ACK k, ack c+1
 *     ACK c+1, ack k+1 ->      JOINING                  ->   SYN c
 *                                                       <-   SYN-ACK b, ack c+1
 *                              GREETING, ack_shift b-k
 *                                                       ->   header or ACK, ack b+1
 *     "220 ..."  k+1   <-                               <-   "220 ..."  b+1
 *
 * The client never sees the backend's SYN-ACK: its own handshake is over.  What
 * the client sends while no backend has joined is dropped.  A client sends it
 * again.  Its RST ends the session, and goes on to the backend.
 *
 * The SYN is sent again after 0.3, 0.9 and 2.1 s, and then every 3 s.  From
 * 0.9 s on, and when a backend refuses, it goes to the next candidate, if
 * `fail-over` lets it (failover.h).  A backend that says less than the client
 * was told (profile.h) is reset, and the next one is asked.  A client that no
 * backend has joined when its half-open timer ends is told so (farewell.h).
 *
 * The ACK that ends the backend's handshake may be lost.  A backend sends its
 * SYN-ACK again, and is answered again.  A backend under SYN cookies does not,
 * so the ACK is repeated for as long as the backend is silent.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "belief.h"
#include "worker.h"

/* join_free() frees it.  Returns 0 or -ENOMEM. */
int join_make(struct joins *joins, uint64_t tsc_hz);
void join_free(struct joins *joins);

/* A session has begun in JOINING: its backend gets a SYN. */
void join_begin(struct worker *w, const struct active_plan *active,
		const struct mx_session *s);

/* A session of an earlier process waits for its backend. */
void join_resume(struct worker *w, const struct mx_session *s);

/* Does a backend that says this do for the client of a session? */
bool join_fits(const struct worker *w, const struct mx_session *s,
	       const struct offer *says);

/* The backend has answered: note the numbers of both sides. */
void join_note(struct mx_session *s, const struct heard *heard);

/* The backend gets the header, or the ACK, that ends its handshake. */
void join_acknowledge(struct worker *w, const struct active_plan *active,
		      struct mx_session *s);

/* The client learns how large the backend's window is, which was said to be 0.
 * window: that of the SYN-ACK. */
void join_open_window(struct worker *w, const struct mx_session *s,
		      uint16_t window);

/* The backend refuses, or does not fit: the next one is asked.  If there is
 * none the client is told so, and the session ends. */
void join_refused(struct worker *w, const struct active_plan *active,
		  struct mx_session *s);
void join_mismatched(struct worker *w, const struct active_plan *active,
		     struct mx_session *s, const struct heard *heard);

/* A backend that holds an older connection of these ports is reset, as by any
 * host that waits for a SYN-ACK (RFC 9293 3.10.7.3). */
void join_disown(struct worker *w, const struct active_plan *active,
		 const struct mx_session *s, const struct heard *heard);

/* Look after the sessions whose time has come.  Returns true if there was
 * any. */
bool join_tick(struct worker *w, const struct active_plan *active,
	       uint64_t now_tsc);

#endif /* MX_JOIN_H */
