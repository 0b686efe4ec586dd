/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessions.h"

static const char *const names[MX_SESSION_STATES] = {
	[MX_SESSION_FREE] = "free",
	[MX_SESSION_OPENING] = "opening",
	[MX_SESSION_ANSWERED] = "answered",
	[MX_SESSION_ESTABLISHED] = "established",
	[MX_SESSION_CLIENT_FIN] = "client-fin",
	[MX_SESSION_BACKEND_FIN] = "backend-fin",
	[MX_SESSION_CLOSING] = "closing",
	[MX_SESSION_RESET] = "reset",
	[MX_SESSION_GREETING] = "greeting",
	[MX_SESSION_DOUBTED] = "doubted",
	[MX_SESSION_DOUBTED_FIN] = "doubted-fin",
	[MX_SESSION_REFUSED] = "refused",
	[MX_SESSION_WATCHED] = "watched",
	[MX_SESSION_SEALED] = "sealed",
	[MX_SESSION_ENDING] = "ending",
	[MX_SESSION_JOINING] = "joining",
	[MX_SESSION_HELD] = "held",
};

const char *
mx_session_state_name(uint8_t state)
{
	return state < MX_SESSION_STATES ? names[state] : "invalid";
}

/* Version 2 of the header, as layout 4 had it. */
#define LAYOUT4_V2 2

/* Layout 4 had the state of the header, its version and its length in a byte
 * each, where flags, syn and shifts are now, and ack_shift was of no use.  Its
 * states of headers are below 4, and the flags of a lifted header above. */
void
mx_session_lift(struct mx_session *s)
{
	const bool lifted = s->flags >= 1u << MX_SESSION_PROXY_SHIFT;
	const uint32_t proxy = s->flags;
	const uint32_t version = s->syn;

	if (atomic_load_explicit(&s->state, memory_order_relaxed) ==
	    MX_SESSION_FREE)
		return;
	if (!lifted && proxy != MX_SESSION_PROXY_NONE)
		s->flags =
			(uint8_t)(proxy << MX_SESSION_PROXY_SHIFT |
				  (version == LAYOUT4_V2 ? MX_SESSION_V2 : 0));
	atomic_signal_fence(memory_order_seq_cst);
	s->syn = 0;
	mx_session_set_ack_shift(s, 0);
}
