/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FAILOVER_H
#define MX_FAILOVER_H

/* Another backend for a session whose first one does not answer its SYN.
 *
 *   client          mxsteer                              backends
 *     SYN     ->    OPENING                ->   SYN      the chosen one
 *                                          <-   RST      refused: at once,
 *                   or no answer in 900 ms               silent: then
 *                   OPENING                ->   SYN      the next candidate
 *     SYN-ACK <-    ANSWERED               <-   SYN-ACK
 *
 * The client has heard of no backend yet, so its numbers stay.  mxsteer makes
 * the SYN anew from what the client's SYN offered (mx_session.syn).  After
 * 300 ms it repeats a SYN that no backend has answered.
 *
 * A session has three backends at most, and none of them twice.  (After a restart
 * it may come to one again.)  A refusal of the last one goes to the client.  An
 * RST must acknowledge the client's SYN exactly (belief.h), so that a stranger
 * cannot move a session.
 *
 * A backend may also be full, and say so in place of its greeting.  Then the
 * client has its SYN-ACK, and the backend's numbers do not matter any more:
 *
 *     ACK     ->    GREETING               ->   ACK
 *                                          <-   "421 ..."  it is not passed on
 *                                          ->   RST
 *                   JOINING                ->   SYN      the next candidate
 *                                          <-   SYN-ACK
 *                   GREETING               ->   ACK
 *     "220"   <-    ESTABLISHED            <-   "220 ..."
 *
 * A backend that says nothing at all for the service's banner-patience is left
 * in the same way; see patience.h.
 *
 * The first byte decides, so nothing is stored: '2' passes, and so does what is
 * no SMTP.  What overtakes it is dropped, and the backend sends it again.  One
 * backend that would not serve a client is replaced, and no second: its reason
 * may be the client.  Once the client has spoken itself, nothing is replaced: a
 * byte of it may have been read.  If the next candidates do not answer, the
 * client gets the service's text (join.h); if there is none, what the backend
 * said.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "belief.h"
#include "worker.h"

/* Backends of a session after its first one. */
#define FAILOVERS_MAX 2

/* failover_free() frees it.  Each returns 0 or -ENOMEM.  failover_attach(): make
 * room for a table of `sessions`. */
int failover_make(struct failover *failover, uint64_t tsc_hz);
int failover_attach(struct failover *failover, uint32_t sessions);
void failover_free(struct failover *failover);

/* A session has begun, and its SYN is on its way: note when it has waited too
 * long. */
void failover_watch(struct worker *w, const struct mx_session *s);

/* The backend refuses the session.  Returns true if another one has got a SYN,
 * so that the client must not see the refusal. */
bool failover_refused(struct worker *w, const struct active_plan *active,
		      struct mx_session *s);

/* Give a session of which the client has heard nothing of its backend another
 * one, which gets a SYN.  Returns false, counted, if there is none. */
bool failover_replace(struct worker *w, const struct active_plan *active,
		      struct mx_session *s);

/* Give a session that no backend has heard of another one, of the same family. */
void failover_assign(struct worker *w, const struct active_plan *active,
		     struct mx_session *s, uint16_t id);

/* Send the client's SYN, made anew, to the session's backend. */
void failover_send_syn(struct worker *w, const struct mx_session *s,
		       const struct mx_backend *backend);

/* A segment of the backend in GREETING, where the client has heard nothing of it.
 * first: its first byte of data.  Returns MX_DROP_NONE if it may pass, or why it
 * must not. */
enum mx_drop failover_greeting(struct worker *w,
			       const struct active_plan *active,
			       struct mx_session *s, const struct heard *heard,
			       uint8_t first);

/* Look after the sessions whose time has come.  Returns true if there was
 * any. */
bool failover_tick(struct worker *w, const struct active_plan *active,
		   uint64_t now_tsc);

#endif /* MX_FAILOVER_H */
