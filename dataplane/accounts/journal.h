/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_JOURNAL_H
#define MX_JOURNAL_H

/* What a worker records of its sessions: how their backends greet them or leave
 * them unserved (tables/eventring.h), how they end (records/ended.h), and the
 * times between, as counters (struct mx_timing).
 *
 * The wait for a greeting begins when the handshake with the backend is proven,
 * so that it is the backend's time and not the client's.  It ends with the
 * backend's first byte.  Where the client speaks first (TLS), and in direct
 * modes, there is no such time.  The time is in the link of the session's list
 * (reclaimlist.h): while the session waits, the tick of the beginning; then
 * JOURNAL_WAITED and the microseconds; 0: not known.  Before the handshake it is
 * JOURNAL_ASKED if the backend has got a SYN, and JOURNAL_TOLD if a record says
 * that it did not answer.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "belief.h"
#include "ended.h"
#include "worker.h"

#define JOURNAL_WAITED 0x80000000u
#define JOURNAL_ASKED 1u
#define JOURNAL_TOLD 2u

/* A session has been opened. */
static inline void
journal_begin(struct worker *w, const struct mx_session *s)
{
	/* 0 would mean that the time is not known. */
	w->reclaim.began[session_index(&w->sessions, s)] =
		(uint16_t)(rte_rdtsc() >> MX_BEGAN_SHIFT) | 1;
}

/* A session without a handshake has got a backend; that backend has got a SYN. */
void journal_assign(struct worker *w, const struct mx_session *s);
void journal_ask(struct worker *w, const struct mx_session *s);

/* The backend has not answered for long enough: record it, once.  Returns false
 * if it has got no SYN, so that it owes no answer, or if that is recorded. */
bool journal_silent(struct worker *w, const struct mx_session *s, bool own);

/* The handshake with the session's backend is proven. */
void journal_wait(struct worker *w, const struct mx_session *s);

/* A segment of the backend in GREETING, where it has said nothing yet.  first:
 * its first byte of data.  own: only the backend can have sent it.  A segment
 * that says nothing, or not the first word, is not recorded. */
void journal_hear(struct worker *w, const struct mx_session *s,
		  const struct heard *heard, uint8_t first, bool own);

/* Does the backend see the address of a client that has proven nothing yet?  Anyone
 * may have sent its SYN, and the backend may have a reason to refuse that
 * address, or to be silent. */
static inline bool
journal_is_of_anyone(const struct mx_session *s)
{
	return (s->kind & MX_SESSION_MODE) == MX_FORWARD_NAT;
}

/* The backend does not serve the session.  own: only it can be the cause. */
void journal_unserved(struct worker *w, const struct mx_session *s,
		      enum mx_unserved kind, bool own);

/* This segment has moved the session to CLIENT_FIN or BACKEND_FIN. */
void journal_closed(struct worker *w, const struct mx_session *s,
		    const struct heard *heard, bool of_client);

/* The next end that is recorded comes from this segment, which moves a session
 * from the state `before`. */
void journal_last_words(struct worker *w, const struct mx_session *s,
			const struct heard *heard, uint8_t before,
			bool of_client);

/* The session, which could carry mail, is over: it has gone to the state `after`,
 * or gives up its slot. */
void journal_move(struct worker *w, const struct mx_session *s, uint8_t after);
void journal_leave(struct worker *w, const struct mx_session *s);

#endif /* MX_JOURNAL_H */
