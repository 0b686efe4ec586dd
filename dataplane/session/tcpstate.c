/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcpstate.h"

#include <assert.h>

/* clang-format off */
enum {
	OPE = MX_SESSION_OPENING,     ANS = MX_SESSION_ANSWERED,
	GRE = MX_SESSION_GREETING,    EST = MX_SESSION_ESTABLISHED,
	DOU = MX_SESSION_DOUBTED,     DFN = MX_SESSION_DOUBTED_FIN,
	CFN = MX_SESSION_CLIENT_FIN,  BFN = MX_SESSION_BACKEND_FIN,
	CLO = MX_SESSION_CLOSING,     RES = MX_SESSION_RESET,
	REF = MX_SESSION_REFUSED,
	WAT = MX_SESSION_WATCHED,     SEA = MX_SESSION_SEALED,
	END = MX_SESSION_ENDING,
	JOI = MX_SESSION_JOINING,     HLD = MX_SESSION_HELD,
};

/* A half-open session keeps the deadline that its first SYN set.
 *
 * A half-closed session keeps the idle timer: an MTA may take ten minutes to
 * answer the final dot of a client that has already said FIN (RFC 5321
 * 4.5.3.2.6).
 *
 * An RST of the client, or a segment of it by another way, may be anyone's.
 * The session is in doubt until the backend says a word: an ACK, and it is as
 * it was; an RST, and it is over.  A reset session is revived by the backend's
 * data only.
 *
 * With direct return nothing can be proven, and all that depends on the state
 * is who gives way when slots are short: first those that never carried data
 * of a client, then those of which somebody said the end. */
static const struct {
	enum session_timer timer;
	bool renewed;
	uint8_t next[SESSION_EVENTS];
} machine[MX_SESSION_STATES] = {
	/*                                                          client: other SYN PROOF +FIN  FIN ABORT RST  WAY  backend: other MATCH ANEW ACK  PROOF FIN ABORT  direct: SYN  ACK  DATA  END */
	[MX_SESSION_OPENING]     = {SESSION_TIMER_HALF_OPEN, false, {       OPE,  OPE, OPE,  OPE, OPE, OPE, OPE, OPE,          OPE,  ANS,  OPE, OPE, OPE,  OPE, RES,          OPE, GRE, EST,  CLO}},
	[MX_SESSION_ANSWERED]    = {SESSION_TIMER_HALF_OPEN, false, {       ANS,  ANS, GRE,  CFN, ANS, RES, ANS, ANS,          ANS,  ANS,  ANS, ANS, EST,  BFN, RES,          ANS, GRE, EST,  CLO}},
	[MX_SESSION_GREETING]    = {SESSION_TIMER_GREETING,  false, {       GRE,  GRE, GRE,  CFN, CFN, DOU, DOU, DOU,          GRE,  GRE,  RES, GRE, EST,  BFN, RES,          GRE, GRE, EST,  CLO}},
	[MX_SESSION_ESTABLISHED] = {SESSION_TIMER_IDLE,      true,  {       EST,  EST, EST,  CFN, CFN, DOU, DOU, DOU,          EST,  EST,  RES, EST, EST,  BFN, RES,          EST, EST, EST,  CLO}},
	[MX_SESSION_DOUBTED]     = {SESSION_TIMER_IDLE,      false, {       DOU,  DOU, DOU,  DOU, DOU, DOU, DOU, DOU,          DOU,  DOU,  RES, EST, EST,  BFN, RES,          DOU, DOU, EST,  CLO}},
	[MX_SESSION_DOUBTED_FIN] = {SESSION_TIMER_IDLE,      false, {       DFN,  DFN, DFN,  DFN, DFN, DFN, DFN, DFN,          DFN,  DFN,  RES, CFN, CFN,  CLO, RES,          DFN, DFN, EST,  CLO}},
	[MX_SESSION_CLIENT_FIN]  = {SESSION_TIMER_IDLE,      true,  {       CFN,  CFN, CFN,  CFN, CFN, DFN, DFN, DFN,          CFN,  CFN,  RES, CFN, CFN,  CLO, RES,          CFN, CFN, EST,  CLO}},
	[MX_SESSION_BACKEND_FIN] = {SESSION_TIMER_IDLE,      true,  {       BFN,  BFN, BFN,  CLO, CLO, RES, DOU, BFN,          BFN,  BFN,  RES, BFN, BFN,  BFN, RES,          BFN, BFN, EST,  CLO}},
	[MX_SESSION_CLOSING]     = {SESSION_TIMER_CLOSING,   false, {       CLO,  CLO, CLO,  CLO, CLO, RES, RES, CLO,          CLO,  CLO,  CLO, CLO, CLO,  CLO, RES,          CLO, CLO, EST,  CLO}},
	[MX_SESSION_RESET]       = {SESSION_TIMER_CLOSING,   false, {       RES,  RES, RES,  RES, RES, RES, RES, RES,          RES,  RES,  RES, RES, EST,  RES, RES,          RES, RES, EST,  RES}},
	[MX_SESSION_REFUSED]     = {SESSION_TIMER_CLOSING,   false, {       REF,  REF, REF,  REF, REF, REF, REF, REF,          REF,  REF,  REF, REF, REF,  REF, REF,          REF, REF, REF,  REF}},
	[MX_SESSION_WATCHED]     = {SESSION_TIMER_IDLE,      true,  {       WAT,  WAT, WAT,  CFN, CFN, DOU, DOU, DOU,          WAT,  WAT,  RES, WAT, WAT,  BFN, RES,          WAT, WAT, EST,  CLO}},
	[MX_SESSION_SEALED]      = {SESSION_TIMER_IDLE,      true,  {       SEA,  SEA, SEA,  CFN, CFN, DOU, DOU, DOU,          SEA,  SEA,  RES, SEA, SEA,  BFN, RES,          SEA, SEA, EST,  CLO}},
	[MX_SESSION_ENDING]      = {SESSION_TIMER_IDLE,      false, {       END,  END, END,  END, END, END, END, END,          END,  END,  END, END, END,  END, END,          END, END, EST,  CLO}},
	[MX_SESSION_JOINING]     = {SESSION_TIMER_HALF_OPEN, false, {       JOI,  JOI, JOI,  JOI, JOI, RES, JOI, JOI,          JOI,  GRE,  JOI, JOI, JOI,  JOI, RES,          JOI, GRE, EST,  CLO}},
	[MX_SESSION_HELD]        = {SESSION_TIMER_HALF_OPEN, false, {       HLD,  HLD, HLD,  HLD, HLD, HLD, HLD, HLD,          HLD,  HLD,  HLD, HLD, HLD,  HLD, HLD,          HLD, HLD, HLD,  HLD}},
};
/* clang-format on */

uint8_t
session_next_state(uint8_t state, enum session_event event)
{
	assert(state < MX_SESSION_STATES && event < SESSION_EVENTS);
	return machine[state].next[event];
}

enum session_timer
session_timer_of(uint8_t state, bool direct)
{
	assert(state < MX_SESSION_STATES);
	return direct && mx_session_is_over(state) ? SESSION_TIMER_IDLE
						   : machine[state].timer;
}

bool
session_is_renewed(uint8_t state, bool direct)
{
	assert(state < MX_SESSION_STATES);
	return machine[state].renewed || (direct && mx_session_is_over(state));
}

enum session_class
session_class_of(uint8_t state, bool direct)
{
	if (state == MX_SESSION_OPENING || state == MX_SESSION_ANSWERED ||
	    state == MX_SESSION_JOINING || state == MX_SESSION_HELD ||
	    (direct && state == MX_SESSION_GREETING))
		return SESSION_CLASS_HALF;
	if (mx_session_is_over(state))
		return SESSION_CLASS_OVER;
	return mx_session_is_doubted(state) ? SESSION_CLASS_DOUBTED
					    : SESSION_CLASS_LIVE;
}
