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
 * A session has three backends at most.  A refusal of the last one goes to the
 * client.  An RST must acknowledge the client's SYN exactly (belief.h), so that
 * a stranger cannot move a session.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "worker.h"

/* Backends of a session after its first one. */
#define FAILOVERS_MAX 2

/* failover_free() frees it.  Returns 0 or -ENOMEM. */
int failover_make(struct failover *failover, uint64_t tsc_hz);
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

/* Send the client's SYN, made anew, to the session's backend. */
void failover_send_syn(struct worker *w, const struct mx_session *s,
		       const struct mx_backend *backend);

/* Look after the sessions whose time has come.  Returns true if there was
 * any. */
bool failover_tick(struct worker *w, const struct active_plan *active,
		   uint64_t now_tsc);

#endif /* MX_FAILOVER_H */
