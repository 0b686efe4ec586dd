/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TCPSTATE_H
#define MX_TCPSTATE_H

/* How believed segments move a session through its life (RFC 9293 3.3.2, seen
 * from the middle), and which timer runs meanwhile.
 *
 * belief.h turns a segment into an event.  An event of the kind `other` moves
 * nothing: the segment may be a stranger's, or it says nothing new.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "sessions.h"

enum session_event {
	/* From the client. */
	SESSION_IN_OTHER,
	SESSION_IN_SYN,
	SESSION_IN_PROOF,     /* acknowledges the SYN-ACK and no more */
	SESSION_IN_PROOF_FIN, /* the same, and a FIN */
	SESSION_IN_FIN,
	SESSION_IN_ABORT, /* an RST with the number that its receiver takes */
	SESSION_IN_RST,   /* any other RST: only the backend knows */
	SESSION_IN_WAY,   /* by another way than before: only it knows */
	/* From the backend. */
	SESSION_OUT_OTHER,
	SESSION_OUT_MATCH, /* a SYN-ACK that acknowledges the client's SYN */
	SESSION_OUT_ANEW,  /* a SYN-ACK to another SYN: what was live is gone */
	SESSION_OUT_ACK,   /* a bare ACK */
	SESSION_OUT_PROOF, /* data, or the ACK of a byte */
	SESSION_OUT_FIN,
	SESSION_OUT_ABORT, /* an RST that only the backend can have sent */
	/* Segments of a client of a direct mode. */
	SESSION_DIRECT_SYN,
	SESSION_DIRECT_ACK,
	SESSION_DIRECT_DATA,
	SESSION_DIRECT_END, /* FIN or RST */
	SESSION_EVENTS,
};

/* Which of a service's timers a state runs on. */
enum session_timer {
	SESSION_TIMER_HALF_OPEN,
	SESSION_TIMER_GREETING,
	SESSION_TIMER_IDLE,
	SESSION_TIMER_CLOSING,
	SESSION_TIMERS,
};

/* The account that a session counts in; see account.h. */
enum session_class {
	SESSION_CLASS_HALF, /* nobody has proven anything */
	SESSION_CLASS_LIVE,
	SESSION_CLASS_DOUBTED,
	SESSION_CLASS_OVER,
};

/* direct: a mode of direct return, dsr or tunnel. */
static inline bool
session_is_direct(const struct mx_session *s)
{
	return mx_forward_is_direct(s->kind & MX_SESSION_MODE);
}

/* state: of a session that is not free. */
uint8_t session_next_state(uint8_t state, enum session_event event);

/* The timer of a state.  A session of direct return shows no more of its end
 * than a FIN that anyone can send: it keeps its slot on the idle timer. */
enum session_timer session_timer_of(uint8_t state, bool direct);

/* Does any segment that passes in this state begin the timer anew? */
bool session_is_renewed(uint8_t state, bool direct);

enum session_class session_class_of(uint8_t state, bool direct);

#endif /* MX_TCPSTATE_H */
