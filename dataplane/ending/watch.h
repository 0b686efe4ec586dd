/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCH_H
#define MX_WATCH_H

/* The sessions of backends whose sessions are to end (mx_backend.watched).
 *
 *   ESTABLISHED -- the client's next segment ---------------> WATCHED
 *   WATCHED     -- the reply to a mail, and nothing behind -> ENDING (ending.h)
 *   WATCHED     -- TLS, or no SMTP --------------------------> SEALED
 *   both        -- the operator wants it no more ------------> ESTABLISHED
 *
 * Every segment of a WATCHED session is read (transaction.h).  A SEALED session
 * is left to its ends: the MTA closes it when it is idle.
 *
 * What was read is in a record beside the session, and is lost with the process:
 * reading begins anew.  A session that finds no room for a record stays
 * ESTABLISHED, and tries again with its next segment.
 *
 * Threads    the worker's own; make, free: main, while the worker does not
 *            run. */
#include "packet.h"
#include "worker.h"

/* Make w->watch.  Returns 0 or -ENOMEM. */
int watch_make(struct worker *w, uint64_t tsc_hz);
void watch_free(struct worker *w);

/* The backend's sessions are to end: read this one, if it can carry mail. */
void watch_begin(struct worker *w, const struct active_plan *active,
		 struct mx_session *s);

/* advance_client() and advance_backend(), for a session that may be watched or
 * ending. */
enum mx_drop watch_client(struct worker *w, const struct active_plan *active,
			  struct mx_session *s, struct rte_mbuf *frame,
			  const struct packet_info *info);
enum mx_drop watch_backend(struct worker *w, const struct active_plan *active,
			   struct mx_session *s, struct rte_mbuf *frame,
			   const struct packet_info *info);

#endif /* MX_WATCH_H */
