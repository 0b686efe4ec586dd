/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GREET_H
#define MX_GREET_H

/* Clients without a session: those of a service whose SYNs get cookies
 * (pressure.h), until they have proven their address, and those that get no
 * session: no backend can serve them, or they are denied or over a limit.
 *
 * Each SYN of such a client is answered by a cookie, and leaves nothing but an
 * entry in the ring of echo.h.  The ACK that brings the cookie back opens a
 * session, whose backend joins later (join.h, hold.h).  If there is no backend,
 * slot or port, or the client is denied or over its limit, it is refused in SMTP:
 *
 *   client                          mxsteer
 *     SYN c                    ->
 *                              <-   SYN-ACK k, ack c+1     k: a cookie
 *     ACK c+1, ack k+1         ->   the cookie is good: the address is proven
 *                              <-   "421 ...", FIN         k+1 to k+1+L
 *     ACK ack k+L+2            ->   (nothing)
 *     QUIT, FIN                ->
 *                              <-   ACK k+L+2
 *
 * Only who gets what is sent to an address can bring the cookie back.  So an
 * address that is forged gets SYN-ACKs and no more: for each SYN one, of hardly
 * more bytes, and within the bounds of echo.h two more; or with `answer: reset`
 * a reset, which is shorter.  The text is for proven addresses.  allowance.h
 * bounds texts and resets.
 *
 * A SYN comes again after 1 s and after 3 s, and a client that is refused stays
 * away for minutes, with all its mail.  So for OUTAGE_PATIENCE_S a SYN that
 * cannot be served is dropped as ever: if a backend is back by then, no client
 * has noticed.  The ACK of a cookie is dropped likewise, as the SYN-ACK is said
 * again after 1 s and after 3 s.  A client that is denied or over its limit is
 * answered at once.
 *
 * The reset of a connection could take the text from a client that has not read
 * it yet.  So a client that sends more is acknowledged, and what does not fit
 * any more is left to reset_unknown().
 *
 * A flow that got a cookie never gets to a backend of dsr or tunnel, which would
 * not know its number.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "allowance.h"
#include "cookie.h"
#include "echo.h"
#include "outage.h"
#include "packet.h"
#include "worker.h"

struct greet {
	struct cookies cookies;
	struct echoes echoes;
	struct allowance allowance;
	uint64_t now_tsc; /* of the last greet_tick() */
	struct greet_service {
		uint32_t until_s; /* cookies may come back until then */
		struct outage outage;
	} service[MX_SERVICES_MAX];
};

/* Make w->greet.  Returns 0 or -ENOMEM. */
int greet_make(struct worker *w, uint64_t tsc_hz);

/* Take up the cookies that the process before may have given. */
void greet_begin(struct worker *w, const struct mx_hash_key *secret);
void greet_free(struct worker *w);

/* Answer a SYN that opened no session; if a rule denies its client, the rule
 * counts it.  Returns MX_DROP_NONE if its frame
 * became the answer, and is queued; or else `why`. */
enum mx_drop greet_syn(struct worker *w, const struct active_plan *active,
		       struct rte_mbuf *frame, const struct packet_info *info,
		       enum mx_drop why);

/* Answer a SYN by a SYN-ACK with a cookie; its frame becomes the answer.  why:
 * the client gets no session now for that, or MX_DROP_NONE. */
void greet_cookie(struct worker *w, const struct active_plan *active,
		  struct rte_mbuf *frame, const struct packet_info *info,
		  enum mx_drop why);

/* Answer a segment of no session that is no SYN, if it is of a client that got
 * a cookie.  Returns MX_DROP_NONE if its frame became the answer, and is
 * queued; MX_DROP_NO_SESSION if it is of no such client; or else why it is
 * dropped. */
enum mx_drop greet_segment(struct worker *w, const struct active_plan *active,
			   struct rte_mbuf *frame,
			   const struct packet_info *info);

/* Let clients go on that have waited (hold.h), and say again what is due, at
 * w->greet_tsc or later.  Returns true if there was any. */
bool greet_tick(struct worker *w, const struct active_plan *active,
		uint64_t now_tsc);

/* May a segment of a service bring a cookie back? */
static inline bool
greet_is_awaited(const struct worker *w, uint16_t service)
{
	return w->now_s < w->greet->service[service].until_s;
}

/* Begin to read what is known of a client that seems to have no session.  Not
 * inline: packets of sessions would pay for it. */
void greet_prefetch(const struct worker *w, const struct packet_info *info);

#endif /* MX_GREET_H */
