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
};

const char *
mx_session_state_name(uint8_t state)
{
	return state < MX_SESSION_STATES ? names[state] : "invalid";
}
