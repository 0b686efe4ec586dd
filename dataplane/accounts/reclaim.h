/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECLAIM_H
#define MX_RECLAIM_H

/* The choice of the session that gives way when a SYN needs a slot or a local
 * port; and the sessions that wait for a greeting (flow/patience.h), or before
 * their backend is asked (greet/hold.h).
 *
 *   over       sessions that have ended, and only wait for their last ACKs
 *   half       sessions whose handshake nobody has proven
 *   greeting   sessions of a service whose backend has said nothing yet
 *   held       sessions of a service whose backend has not been asked yet
 *
 * Each is a list in the order in which sessions got there, so the one that
 * gives way is found at once, and is the oldest.  A session that moves on
 * leaves its list.  A session that can carry mail never gives way, nor one whose
 * client has proven its address.
 *
 * Shape      session/reclaimlist.h
 * Invariant  a session is in the list of its state, and in no other.
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"
#include "worker.h"

/* A session has got its slot, in the state it has. */
void reclaim_enter(struct worker *w, const struct mx_session *s);

/* The state of a session has changed. */
void reclaim_move(struct worker *w, const struct mx_session *s, uint8_t before,
		  uint8_t after);

/* A session gives up its slot, in the state it has. */
void reclaim_leave(struct worker *w, const struct mx_session *s);

/* The time of a session is over.  Returns whether its client waits for a greeting,
 * and must be told: flow/patience.h does so soon. */
bool reclaim_hasten(struct worker *w, const struct mx_session *s);

/* The session to give up next, or NULL: there is none. */
struct mx_session *reclaim_next(const struct worker *w);

#endif /* MX_RECLAIM_H */
