/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcpstate.h"

#include <assert.h>

/* clang-format off */
enum {
	OPE = MX_SESSION_OPENING,     ANS = MX_SESSION_ANSWERED,
	EST = MX_SESSION_ESTABLISHED, CFN = MX_SESSION_CLIENT_FIN,
	BFN = MX_SESSION_BACKEND_FIN, CLO = MX_SESSION_CLOSING,
	RES = MX_SESSION_RESET,
};

/* A half-closed session keeps the idle timer: an MTA may take ten minutes to
 * answer the final dot of a client that has already said FIN (RFC 5321
 * 4.5.3.2.6).  A reset one is revived by data, since an RST with a made-up
 * sequence number passes here and is ignored by the ends.
 *
 * Where the backend's segments go past us, the client's tell all there is: its
 * ACK, that the backend answered; its FIN, that the end is near.  What comes
 * after the closing timer is still sent where the pick table says. */
static const struct {
	enum session_timer timer;
	uint8_t next[SESSION_EVENTS];
} machine[MX_SESSION_STATES] = {
	/*                                                   client: SYN  data FIN  RST  backend: SYN  data FIN  RST  one way: SYN  data FIN  RST */
	[MX_SESSION_OPENING]     = {SESSION_TIMER_HALF_OPEN, {       OPE, OPE, OPE, RES,          ANS, OPE, OPE, RES,          OPE, EST, CLO, RES}},
	[MX_SESSION_ANSWERED]    = {SESSION_TIMER_HALF_OPEN, {       ANS, EST, CFN, RES,          ANS, ANS, BFN, RES,          ANS, EST, CLO, RES}},
	[MX_SESSION_ESTABLISHED] = {SESSION_TIMER_IDLE,      {       EST, EST, CFN, RES,          EST, EST, BFN, RES,          EST, EST, CLO, RES}},
	[MX_SESSION_CLIENT_FIN]  = {SESSION_TIMER_IDLE,      {       CFN, CFN, CFN, RES,          CFN, CFN, CLO, RES,          CLO, CLO, CLO, RES}},
	[MX_SESSION_BACKEND_FIN] = {SESSION_TIMER_IDLE,      {       BFN, BFN, CLO, RES,          BFN, BFN, BFN, RES,          BFN, BFN, CLO, RES}},
	[MX_SESSION_CLOSING]     = {SESSION_TIMER_CLOSING,   {       CLO, CLO, CLO, RES,          CLO, CLO, CLO, RES,          CLO, CLO, CLO, RES}},
	[MX_SESSION_RESET]       = {SESSION_TIMER_CLOSING,   {       RES, EST, RES, RES,          RES, EST, RES, RES,          RES, EST, RES, RES}},
};
/* clang-format on */

uint8_t
session_next_state(uint8_t state, enum session_event event)
{
	assert(state < MX_SESSION_STATES && event < SESSION_EVENTS);
	return machine[state].next[event];
}

enum session_timer
session_timer_of(uint8_t state)
{
	assert(state < MX_SESSION_STATES);
	return machine[state].timer;
}
