/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FAREWELL_H
#define MX_FAREWELL_H

/* The last words to the client of a session that no backend can serve, or that
 * is found to be over a limit of its client.  The client has a SYN-ACK, and has
 * heard nothing else of a backend, so mxsteer itself says a line of SMTP
 * (smtpline.h) and a FIN, with the numbers that the client knows:
 *
 *   client                        mxsteer                          backend
 *                                 REFUSED                   ->  RST, if there
 *                            <-   "421 ...", FIN                is one
 *                            <-   again after 0.4, 1.2, 2.8 and 6 s
 *     ACK of text and FIN    ->   heard: not again
 *     QUIT, FIN              ->
 *                            <-   ACK, and the session is gone
 *
 * What the client has said, and says until then, is acknowledged and not read:
 * it would else repeat that for minutes, and reset the connection when it
 * closes it.  A service with `answer: reset` says nothing, and resets the
 * client; so does one whose clients begin with TLS.  With `answer: drop` a client
 * over a limit gets nothing at all.
 *
 * A segment of the client counts only if it acknowledges a number of the text:
 * a stranger does not know that number.
 *
 * After a restart the text is said again.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "worker.h"

/* How long a client that acknowledges nothing keeps its slot. */
#define FAREWELL_S 10

/* farewell_free() frees it.  Returns 0 or -ENOMEM. */
int farewell_make(struct farewells *farewells, uint64_t tsc_hz);
void farewell_free(struct farewells *farewells);

/* Say the last words in a session that is not over, and reset its backend, if that
 * has heard of it.
 * why: what the text says.  heard: the number behind the last byte of the client
 * that is known, or s->client_seq.
 * The session is in REFUSED from then on; without a text it is gone.
 * Returns whether the client was told, by a text or a reset. */
bool farewell_begin(struct worker *w, const struct active_plan *active,
		    struct mx_session *s, enum mx_drop why, uint32_t heard);

/* Reset the backend of a session that has sent it no byte of the client. */
void farewell_let_go(struct worker *w, const struct active_plan *active,
		     const struct mx_session *s);

/* A segment of either end of a session in REFUSED.  Returns why the frame is to
 * be dropped; the session may be gone. */
enum mx_drop farewell_client(struct worker *w, const struct active_plan *active,
			     struct mx_session *s, struct rte_mbuf *frame,
			     const struct packet_info *info);
enum mx_drop farewell_backend(struct worker *w, const struct mx_session *s,
			      struct rte_mbuf *frame,
			      const struct packet_info *info);

/* Go on with a session that an earlier process left in REFUSED. */
void farewell_resume(struct worker *w, const struct mx_session *s);

/* Say again what is due.  Returns true if there was any. */
bool farewell_tick(struct worker *w, const struct active_plan *active,
		   uint64_t now_tsc);

#endif /* MX_FAREWELL_H */
