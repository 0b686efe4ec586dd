/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOUBT_H
#define MX_DOUBT_H

/* Sessions in doubt: a client's RST came, or a segment of the client by another
 * way, and only the backend knows whether it was the client's.  So the backend
 * is asked, by an ACK of no data with old numbers of the session:
 *
 *   client or stranger        mxsteer                         backend
 *     RST seq=?         ->    DOUBTED             ->   RST seq=?
 *                             after 50 ms         ->   ACK seq=c-100, ack=b
 *                             as it was before    <-   ACK: the session lives
 *                         or: RESET               <-   RST seq=b: it is gone
 *
 * A live connection answers with its exact numbers (RFC 9293 3.10.7.4), one
 * that is gone by an RST with the number that it was asked for.  A firewall
 * before the backend passes the question, since its numbers are the session's.
 * c-100, and not c-1: a backend under SYN cookies takes c-1, c-2 and c-3 of a
 * connection that is gone for the end of a handshake, and opens a new one.
 *
 * If a backend does not answer three questions, the session stays in doubt.  It
 * goes on, on the idle timer that runs.
 *
 * A new way back is noted here until the backend's numbers tell whether the
 * segment that came by it was the client's.
 *
 * Threads    the worker's own. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "belief.h"
#include "doubts.h"
#include "packet.h"
#include "worker.h"

/* Three questions, and the time after which nobody will answer. */
#define DOUBT_SENDS 3
#define DOUBT_STAGES (DOUBT_SENDS + 1)
static_assert(DOUBT_STAGES == RESEND_STAGES, "a queue for each stage");

/* Make what a worker keeps of sessions in doubt; resend_free(&doubts->wait)
 * frees it.  Returns 0 or -ENOMEM. */
int doubt_make(struct doubts *doubts, uint64_t tsc_hz);

/* Ask the backend of a session, soon.  Returns false, counted, if it must not
 * be asked now: then the segment moves nothing. */
bool doubt_begin(struct worker *w, const struct mx_session *s);

/* Note that a segment of the client came by another way. */
void doubt_note_way(struct worker *w, const struct mx_session *s,
		    struct rte_mbuf *frame, uint8_t port,
		    const struct heard *heard);

/* The backend of a session in doubt has answered; its number in *heard is as
 * the client counts (belief.h).  If the numbers show that a noted segment was the client's, that segment's way becomes the
 * way back. */
void doubt_answered(struct worker *w, struct mx_session *s,
		    const struct heard *heard);

/* For how many seconds a session has been in doubt without an answer. */
uint32_t doubt_age_s(const struct worker *w, const struct active_plan *active,
		     const struct mx_session *s);

/* Ask what is due.  Returns true if there was any. */
bool doubt_tick(struct worker *w, const struct active_plan *active,
		uint64_t now_tsc);

#endif /* MX_DOUBT_H */
