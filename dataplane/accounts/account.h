/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ACCOUNT_H
#define MX_ACCOUNT_H

/* How many sessions a backend, a service and a pool have: the only place that
 * changes these counters (struct mx_flow_count, worker.pool_sessions).
 *
 * A session that is half-open counts as an attempt and no more: it loads no
 * backend, and anyone can make it.  One in doubt still counts as a session, but
 * not towards its backend's connections-max, or an RST without a number would
 * hold a slot for as long as the idle timer.
 *
 * Threads    the worker's own. */
#include "worker.h"

/* A session has got its slot and is half-open. */
void account_attempt(struct worker *w, const struct mx_session *s);

/* A half-open session goes to another backend: `id`.  Call it before the session
 * has changed. */
void account_replace(struct worker *w, const struct mx_session *s, uint16_t id);

/* A session that can carry mail goes to another backend, `id`, and is half-open
 * until that one has joined.  Call it before the session has changed. */
void account_hand_over(struct worker *w, const struct mx_session *s,
		       uint16_t id);

/* The session's backend does not serve it.  Clients may be the cause. */
void account_unserved(struct worker *w, const struct mx_session *s,
		      enum mx_unserved kind);

/* Its state has changed. */
void account_move(struct worker *w, const struct mx_session *s, uint8_t before,
		  uint8_t after);

/* A session gives up its slot.  Its state is the one it has now. */
void account_end(struct worker *w, const struct mx_session *s);

/* A session was taken up from a file.  Its state is the one it has now. */
void account_recover(struct worker *w, const struct mx_session *s);

#endif /* MX_ACCOUNT_H */
