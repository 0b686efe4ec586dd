/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOLD_H
#define MX_HOLD_H

/* Clients that wait for a while before their MTA is asked: the service's
 * greeting-delay.  An MTA that greets at once leaves a client no time to speak
 * before its greeting, so few clients do (early.h).  While it is held, a client
 * has its SYN-ACK and hears nothing.
 *
 *   client                     mxsteer                          backend
 *     ACK c+1, ack k+1 ->      HELD
 *                              (delay_s)
 *                              JOINING                  ->   SYN c
 *                              and on as in join.h
 *
 * What the client sends meanwhile is dropped: it sends that again, later.  Its RST
 * ends the session.  A session that is held counts as one of its client's
 * (limit.h), and its slot and port are not given to others.
 *
 * A backend is chosen at the end of the delay, by the plan and the limits of that
 * time, so a backend that is drained meanwhile gets no such session.  The one that
 * was chosen at the beginning counts the attempt, and says which family and
 * local address the session has.  If no backend can be chosen, that one is asked
 * until the half-open timer ends.  If all are full, the client is told so.
 *
 * Known clients and those without limits are not held (limit.h).  Neither is a
 * client whose SYN goes on to a backend so that mxsteer learns what to say
 * (profile.h): one a second until that is known, and then one a minute where
 * backends say less than they could.
 *
 * A session waits for delay_s, and for a second more at most.  A restart does not
 * change that.
 *
 * Threads    the worker's own. */
#include <stdbool.h>

#include "worker.h"

/* Is a client that has brought its cookie back to be held? */
bool hold_is_due(const struct worker *w, const struct active_plan *active,
		 uint16_t service, const struct mx_addr *client);

/* Let the next ones go on that have waited for long enough; worker.holds_left says
 * where to look.  Returns true if there was any. */
bool hold_tick(struct worker *w, const struct active_plan *active);

#endif /* MX_HOLD_H */
