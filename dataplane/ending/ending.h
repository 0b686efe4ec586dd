/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDING_H
#define MX_ENDING_H

/* A session ends: mxsteer speaks for each end to the other (parting.h).
 *
 *   text    as soon as the reply has left, and 0.4, 1.2 and 2.8 s later
 *   QUIT    when the client has the reply, and 0.4, 1.2 and 2.8 s later
 *   resets  to both ends, 60 s after QUIT
 *
 * An ENDING session has the two numbers that tell its place in its own line, so
 * that another process can go on (sessions.h).
 *
 * Threads    the worker's own; make, resume: main, while the worker does not
 *            run. */
#include "packet.h"
#include "watchlist.h"
#include "worker.h"

/* Make the queues of a worker.  Returns 0 or -ENOMEM. */
int ending_make(struct watch *watch, uint64_t tsc_hz);

/* The session ends behind a reply of its backend, which is still to leave.  If
 * there is no room to wait for what follows, it does not. */
void ending_begin(struct worker *w, const struct active_plan *active,
		  struct mx_session *s, struct watch_record *record,
		  const struct transaction_said *reply);

/* Note the timestamps of a segment that is the backend's for sure. */
void ending_note_stamps(struct watch_record *record, struct rte_mbuf *frame,
			const struct packet_info *info);

/* An earlier process ended the session: go on. */
void ending_resume(struct worker *w, const struct mx_session *s);

/* A segment of an ENDING session.  Returns MX_DROP_NONE if it passes, or why it
 * is dropped. */
enum mx_drop ending_client(struct worker *w, const struct active_plan *active,
			   struct mx_session *s, struct rte_mbuf *frame,
			   const struct packet_info *info);
enum mx_drop ending_backend(struct worker *w, const struct active_plan *active,
			    struct mx_session *s, struct rte_mbuf *frame,
			    const struct packet_info *info);

/* Send what is due.  Returns true if there was any. */
bool ending_tick(struct worker *w, const struct active_plan *active,
		 uint64_t now_tsc);

#endif /* MX_ENDING_H */
