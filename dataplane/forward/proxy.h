/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROXY_H
#define MX_PROXY_H

/* The PROXY protocol in front of a session that is not ours to terminate.
 *
 * An SMTP server speaks first, and with PROXY it first waits for the header.
 * So the header cannot wait for the client's data: it goes out, as a segment of
 * its own, in place of the client's ACK of the SYN-ACK.  The client never knew
 * of these bytes, so from then on all it says is that many bytes later to the
 * backend, and all it is told is that many bytes earlier (shift.h).
 *
 *   client                     mxsteer                         backend
 *     SYN seq=c           ->                ->   SYN seq=c
 *                         <-                <-   SYN-ACK seq=b, ack=c+1
 *     ACK seq=c+1         ->    ARMED, SENT ->   header, seq=c+1, ack=b+1
 *                         <-    ACKED       <-   "220 ...", ack=c+1+shift
 *     (acked c+1)
 *     "EHLO" seq=c+1      ->                ->   "EHLO" seq=c+1+shift
 *
 * Neither end re-sends the header: the client has nothing to send, and a
 * backend under SYN cookies has forgotten the handshake.  So a timer here
 * re-sends it, after 200, 600, 1,400 and 2,800 ms, which is just within the 3 s
 * that Exim waits, and then every 1,400 ms.  Without that a link that fails for
 * some seconds would leave a client that waits for its greeting, and an MTA
 * that has forgotten the handshake: the late header makes the MTA answer it
 * with a reset, so that the client tries again.
 *
 * Threads    the worker that owns the session. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "packet.h"
#include "plan.h"
#include "proxyheader.h"
#include "resend.h"
#include "sessions.h"

struct worker;
struct active_plan;

/* Headers on their way, by how often they were sent. */
#define PROXY_SENDS 4

/* So long after its SYN a session's header is sent again.  Linux forgets a
 * handshake that was not completed after 63 s. */
#define PROXY_TRY_S 60u

#define PROXY_QUEUE_ENTRIES (1u << 16)
static_assert(PROXY_SENDS == RESEND_STAGES, "a queue for each sending");

/* resend_free() frees them.  Returns 0 or -ENOMEM. */
int proxy_timers_make(struct resend_ladder *timers, uint64_t tsc_hz);

/* Make a session that opens one that will send a header. */
void proxy_arm(struct mx_session *s, const struct mx_session_wide *ends,
	       enum mx_proxy version);

/* Let the header of a session say that its client spoke before its greeting: once,
 * and if the header has version 2 and has not been sent.  Later the numbers of the
 * session depend on its length. */
void proxy_mark(struct mx_session *s);

/* Is a header armed or sent, and not acknowledged? */
static inline bool
proxy_is_under_way(const struct mx_session *s)
{
	const uint8_t above = (uint8_t)(s->flags - (MX_SESSION_PROXY_ARMED
						    << MX_SESSION_PROXY_SHIFT));

	return above < 2 << MX_SESSION_PROXY_SHIFT;
}
static_assert(MX_SESSION_PROXY_SENT == MX_SESSION_PROXY_ARMED + 1 &&
		      MX_SESSION_PROXY_ACKED == MX_SESSION_PROXY_ARMED + 2,
	      "two states in a row");

/* Judge a segment from the client of a session whose header is not
 * acknowledged, or whose clients and backends come by one port.  The header may
 * be sent before it.  Returns true if the frame is gone: an ACK without data
 * became the header itself, or the frame was dropped.
 *
 * The backend believes the header, so no byte of the client's may take its
 * place: nothing passes before it, nor what begins before the client's first
 * byte, which behind the shift would lie where the header does. */
bool proxy_pending(struct worker *w, struct mx_session *s,
		   const struct mx_backend *backend, struct rte_mbuf *frame,
		   const struct packet_info *info);

/* Send the header, or send it again, to a backend whose handshake mxsteer
 * ends itself (join.h). */
void proxy_send(struct worker *w, struct mx_session *s,
		const struct mx_backend *backend);

/* Queue what is due again.  Returns true if there was any. */
bool proxy_tick(struct worker *w, const struct active_plan *active,
		uint64_t now_tsc);

/* Wait for the header of a session that an earlier process sent. */
void proxy_resume(struct worker *w, const struct mx_session *s);

#endif /* MX_PROXY_H */
