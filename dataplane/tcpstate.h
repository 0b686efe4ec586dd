/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TCPSTATE_H
#define MX_TCPSTATE_H

/* How the segments that pass move a session through its life (RFC 9293 3.3.2,
 * seen from the middle), and which timer runs meanwhile.
 *
 * A middlebox only guesses: it sees segments that may never arrive, and some
 * that neither end sent.  So nothing here is final before a timer says so, and
 * data that passes after an RST brings the session back.
 * Threads    pure functions: any. */
#include <stdint.h>

#include <rte_tcp.h>

#include "sessions.h"

enum session_event {
	SESSION_IN_SYN,
	SESSION_IN_DATA, /* any segment with none of SYN, FIN and RST */
	SESSION_IN_FIN,
	SESSION_IN_RST,
	SESSION_OUT_SYN,
	SESSION_OUT_DATA,
	SESSION_OUT_FIN,
	SESSION_OUT_RST,
	/* From a client whose backend answers past us. */
	SESSION_ONE_SYN,
	SESSION_ONE_DATA,
	SESSION_ONE_FIN,
	SESSION_ONE_RST,
	SESSION_EVENTS,
};

/* Which of a service's timers a state runs on. */
enum session_timer {
	SESSION_TIMER_HALF_OPEN,
	SESSION_TIMER_IDLE,
	SESSION_TIMER_CLOSING,
	SESSION_TIMERS,
};

/* The event of a segment; direction: the SYN event of whoever sent it. */
static inline enum session_event
session_event_of(uint8_t tcp_flags, enum session_event direction)
{
	if (tcp_flags & RTE_TCP_RST_FLAG)
		return direction + SESSION_IN_RST;
	if (tcp_flags & RTE_TCP_SYN_FLAG)
		return direction + SESSION_IN_SYN;
	if (tcp_flags & RTE_TCP_FIN_FLAG)
		return direction + SESSION_IN_FIN;
	return direction + SESSION_IN_DATA;
}

/* state: of a session that is not free. */
uint8_t session_next_state(uint8_t state, enum session_event event);
enum session_timer session_timer_of(uint8_t state);

#endif /* MX_TCPSTATE_H */
