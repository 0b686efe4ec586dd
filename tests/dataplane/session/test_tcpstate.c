/* SPDX-License-Identifier: BSD-3-Clause */
/* The states of a session against a plain twin: the meaning of each event for a
 * host between the two ends, by RFC 9293 3.3.2.
 * Method: all states times all events, and both ways a backend can answer; then
 * the rules that hold on every path of events, however long. */
#include <stdio.h>

#include "runner.h"
#include "tcpstate.h"

#define FIRST MX_SESSION_OPENING
#define SET(state) (1u << (state))
#define ALL (SET(MX_SESSION_STATES) - SET(FIRST))

/* The handshake is under way. */
#define OVER                                                                   \
	(SET(MX_SESSION_CLOSING) | SET(MX_SESSION_RESET) |                     \
	 SET(MX_SESSION_REFUSED))
#define HALF                                                                   \
	(SET(MX_SESSION_OPENING) | SET(MX_SESSION_ANSWERED) |                  \
	 SET(MX_SESSION_JOINING) | SET(MX_SESSION_HELD))
#define DOUBT (SET(MX_SESSION_DOUBTED) | SET(MX_SESSION_DOUBTED_FIN))
/* Both ends may send. */
#define OPEN                                                                   \
	(SET(MX_SESSION_GREETING) | SET(MX_SESSION_ESTABLISHED) |              \
	 SET(MX_SESSION_WATCHED) | SET(MX_SESSION_SEALED))
#define FINS (SET(MX_SESSION_CLIENT_FIN) | SET(MX_SESSION_BACKEND_FIN))
/* mxsteer speaks for each end: no segment moves it by itself. */
#define ENDING SET(MX_SESSION_ENDING)
#define LIVE (OPEN | FINS | DOUBT | ENDING)

static bool
in(uint8_t state, uint32_t set)
{
	return SET(state) & set;
}

/* The twin.  A client's FIN closes its half, and with the backend's FIN both.
 * A FIN may be a stranger's while the handshake is unproven, or while the
 * session is in doubt. */
static uint8_t
after_client_fin(uint8_t state, bool proves)
{
	if (in(state, OPEN) || (proves && state == MX_SESSION_ANSWERED))
		return MX_SESSION_CLIENT_FIN;
	return state == MX_SESSION_BACKEND_FIN ? MX_SESSION_CLOSING : state;
}

/* Only the backend knows whether the segment was its client's. */
static uint8_t
after_doubt(uint8_t state)
{
	if (in(state, OPEN))
		return MX_SESSION_DOUBTED;
	return state == MX_SESSION_CLIENT_FIN ? MX_SESSION_DOUBTED_FIN : state;
}

/* A client's RST.  exact: it has the number that its receiver accepts (RFC 5961
 * 3.2).  While the handshake is unproven no other RST is believed.  Afterwards
 * the backend is asked in both cases, until it has nothing more to send. */
static uint8_t
after_client_rst(uint8_t state, bool exact)
{
	if (state == MX_SESSION_CLOSING)
		return MX_SESSION_RESET;
	if (state == MX_SESSION_BACKEND_FIN)
		return exact ? MX_SESSION_RESET : MX_SESSION_DOUBTED;
	if (state == MX_SESSION_ANSWERED)
		return exact ? MX_SESSION_RESET : state;
	return after_doubt(state);
}

static uint8_t
after_client(uint8_t state, enum session_event event)
{
	switch (event) {
	case SESSION_IN_PROOF:
		return state == MX_SESSION_ANSWERED ? MX_SESSION_GREETING
						    : state;
	case SESSION_IN_PROOF_FIN:
		return after_client_fin(state, true);
	case SESSION_IN_FIN:
		return after_client_fin(state, false);
	case SESSION_IN_ABORT:
		return after_client_rst(state, true);
	case SESSION_IN_RST:
		return after_client_rst(state, false);
	case SESSION_IN_WAY:
		return after_doubt(state);
	default: /* a SYN repeats, or it gets a challenge ACK (RFC 5961 4.2) */
		return state;
	}
}

/* The backend answers with the numbers of the connection: the doubt is over. */
static uint8_t
after_doubt_ends(uint8_t state)
{
	if (state == MX_SESSION_DOUBTED)
		return MX_SESSION_ESTABLISHED;
	return state == MX_SESSION_DOUBTED_FIN ? MX_SESSION_CLIENT_FIN : state;
}

/* A backend that never answered the SYN has no connection. */
static uint8_t
after_backend_proof(uint8_t state)
{
	const bool proven = state == MX_SESSION_ANSWERED ||
			    state == MX_SESSION_GREETING ||
			    state == MX_SESSION_RESET;

	return proven ? MX_SESSION_ESTABLISHED : after_doubt_ends(state);
}

static uint8_t
after_backend_fin(uint8_t state)
{
	if (state == MX_SESSION_ANSWERED || in(state, OPEN) ||
	    state == MX_SESSION_DOUBTED)
		return MX_SESSION_BACKEND_FIN;
	return state == MX_SESSION_CLIENT_FIN || state == MX_SESSION_DOUBTED_FIN
		       ? MX_SESSION_CLOSING
		       : state;
}

static uint8_t
after_backend(uint8_t state, enum session_event event)
{
	switch (event) {
	case SESSION_OUT_MATCH:
		return state == MX_SESSION_OPENING ? MX_SESSION_ANSWERED
						   : state;
	case SESSION_OUT_ANEW:
		return in(state, LIVE) ? MX_SESSION_RESET : state;
	case SESSION_OUT_ACK:
		return after_doubt_ends(state);
	case SESSION_OUT_PROOF:
		return after_backend_proof(state);
	case SESSION_OUT_FIN:
		return after_backend_fin(state);
	case SESSION_OUT_ABORT:
		return MX_SESSION_RESET;
	default:
		return state;
	}
}

/* Nothing can be proven.  Data count for more than an ACK, and after an end a
 * session only gives way earlier. */
static uint8_t
after_direct(uint8_t state, enum session_event event)
{
	switch (event) {
	case SESSION_DIRECT_ACK:
		return in(state, HALF) ? MX_SESSION_GREETING : state;
	case SESSION_DIRECT_DATA:
		return MX_SESSION_ESTABLISHED;
	case SESSION_DIRECT_END:
		return state == MX_SESSION_RESET ? state : MX_SESSION_CLOSING;
	default:
		return state;
	}
}

/* The client's handshake is over, and the backend's is not.  Direct modes have no
 * such state. */
static uint8_t
after_joining(enum session_event event)
{
	if (event == SESSION_OUT_MATCH)
		return MX_SESSION_GREETING;
	return event == SESSION_IN_ABORT || event == SESSION_OUT_ABORT
		       ? MX_SESSION_RESET
		       : MX_SESSION_JOINING;
}

static uint8_t
twin_next(uint8_t state, enum session_event event)
{
	/* No backend has such a session: mxsteer itself moves it. */
	if (state == MX_SESSION_REFUSED || state == MX_SESSION_HELD)
		return state;
	if (state == MX_SESSION_JOINING && event < SESSION_DIRECT_SYN)
		return after_joining(event);
	if (event >= SESSION_DIRECT_SYN)
		return after_direct(state, event);
	if (in(state, ENDING))
		return state;
	return event >= SESSION_OUT_OTHER ? after_backend(state, event)
					  : after_client(state, event);
}

/* A direct session keeps its place until it is idle, whatever segments claim
 * its end. */
static enum session_timer
twin_timer(uint8_t state, bool direct)
{
	if (in(state, HALF))
		return SESSION_TIMER_HALF_OPEN;
	if (state == MX_SESSION_GREETING)
		return SESSION_TIMER_GREETING;
	return in(state, OVER) && !direct ? SESSION_TIMER_CLOSING
					  : SESSION_TIMER_IDLE;
}

static enum session_class
twin_class(uint8_t state, bool direct)
{
	if (in(state, HALF) || (direct && state == MX_SESSION_GREETING))
		return SESSION_CLASS_HALF;
	if (in(state, OVER))
		return SESSION_CLASS_OVER;
	return in(state, DOUBT) ? SESSION_CLASS_DOUBTED : SESSION_CLASS_LIVE;
}

START_TEST(every_event_moves_every_state_as_the_twin_says)
{
	uint32_t wrong = 0;

	for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
		for (int event = 0; event < SESSION_EVENTS; event++) {
			const uint8_t to = session_next_state(
				state, (enum session_event)event);
			const uint8_t twin =
				twin_next(state, (enum session_event)event);

			if (to == twin)
				continue;
			wrong++;
			fprintf(stderr, "%s, event %d: %s, twin: %s\n",
				mx_session_state_name(state), event,
				mx_session_state_name(to),
				mx_session_state_name(twin));
		}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(every_state_has_the_timer_and_the_class_of_the_twin)
{
	const uint32_t renewed = (OPEN & ~SET(MX_SESSION_GREETING)) | FINS;

	for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
		for (int direct = 0; direct < 2; direct++) {
			ck_assert_int_eq(session_timer_of(state, direct),
					 twin_timer(state, direct));
			ck_assert_int_eq(session_class_of(state, direct),
					 twin_class(state, direct));
			ck_assert_int_eq(
				session_is_renewed(state, direct),
				in(state, direct ? renewed | OVER : renewed));
		}
}
END_TEST

/* All states that a path of some events leads to. */
static uint32_t
reach(uint32_t from, uint32_t events)
{
	uint32_t before;

	do {
		before = from;
		for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
			for (int event = 0; event < SESSION_EVENTS; event++)
				if (in(state, from) && events >> event & 1)
					from |= SET(session_next_state(
						state,
						(enum session_event)event));
	} while (from != before);
	return from;
}

#define EVENT(name) (1u << SESSION_##name)
#define EVENTS_ALL (EVENT(EVENTS) - 1)
#define EVENTS_IN (EVENT(OUT_OTHER) - 1)
#define EVENTS_DIRECT (EVENTS_ALL & ~(EVENT(DIRECT_SYN) - 1))
#define EVENTS_THROUGH (EVENTS_ALL & ~EVENTS_DIRECT)

START_TEST(what_says_nothing_moves_nothing)
{
	const uint32_t nothing = EVENT(IN_OTHER) | EVENT(IN_SYN) |
				 EVENT(OUT_OTHER) | EVENT(DIRECT_SYN);

	for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
		ck_assert_uint_eq(reach(SET(state), nothing), SET(state));
}
END_TEST

START_TEST(without_a_proof_a_handshake_stays_half_open_or_ends)
{
	const uint32_t proofs = EVENT(IN_PROOF) | EVENT(IN_PROOF_FIN) |
				EVENT(OUT_PROOF) | EVENT(OUT_FIN);

	ck_assert_uint_eq(
		reach(SET(MX_SESSION_OPENING), EVENTS_THROUGH & ~proofs),
		(HALF & ~SET(MX_SESSION_JOINING) & ~SET(MX_SESSION_HELD)) |
			SET(MX_SESSION_RESET));
	/* Before the backend has answered, no segment of the client is a proof,
	 * and of the backend only a refusal counts. */
	ck_assert_uint_eq(reach(SET(MX_SESSION_OPENING), EVENTS_IN),
			  SET(MX_SESSION_OPENING));
	ck_assert_uint_eq(
		reach(SET(MX_SESSION_OPENING),
		      EVENTS_THROUGH & ~EVENT(OUT_MATCH) & ~EVENT(OUT_ABORT)),
		SET(MX_SESSION_OPENING));
}
END_TEST

START_TEST(a_client_alone_establishes_nothing)
{
	ck_assert(!in(MX_SESSION_ESTABLISHED, reach(HALF, EVENTS_IN)));
	/* A session that is over revives only by a new SYN: see open.c. */
	ck_assert_uint_eq(reach(OVER, EVENTS_IN), OVER);
}
END_TEST

START_TEST(a_client_alone_ends_no_session_whose_backend_still_speaks)
{
	const uint32_t speaks = LIVE & ~SET(MX_SESSION_BACKEND_FIN);
	const uint32_t unproven = EVENT(IN_RST) | EVENT(IN_WAY);

	ck_assert_uint_eq(reach(speaks, EVENTS_IN) & OVER, 0);
	/* A stranger's RST ends nothing that has not ended. */
	ck_assert_uint_eq(reach(HALF, unproven), HALF);
	ck_assert_uint_eq(reach(LIVE, unproven) & OVER, 0);
}
END_TEST

START_TEST(no_live_session_becomes_half_open_again)
{
	const uint32_t direct_live = LIVE & ~SET(MX_SESSION_GREETING);

	ck_assert_uint_eq(reach(ALL & ~HALF, EVENTS_ALL) & HALF, 0);
	ck_assert_uint_eq(reach(direct_live | OVER, EVENTS_DIRECT) &
				  ~(direct_live | OVER),
			  0);
}
END_TEST

START_TEST(a_segment_that_comes_twice_moves_once)
{
	for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
		for (int i = 0; i < SESSION_EVENTS; i++) {
			const enum session_event event = (enum session_event)i;
			const uint8_t once = session_next_state(state, event);

			ck_assert_uint_eq(session_next_state(once, event),
					  once);
		}
}
END_TEST

/* The seconds of a configuration: each timer outlasts those before it. */
static const uint32_t timer_s[SESSION_TIMERS] = {
	[SESSION_TIMER_HALF_OPEN] = 30,
	[SESSION_TIMER_CLOSING] = 120,
	[SESSION_TIMER_GREETING] = 330,
	[SESSION_TIMER_IDLE] = 900,
};

START_TEST(only_a_proof_lengthens_the_life_of_a_session)
{
	/* Segments that anyone can send.  The first of these three changes
	 * nothing. */
	const uint32_t unproven = EVENT(IN_OTHER) | EVENT(IN_SYN) |
				  EVENT(IN_FIN) | EVENT(IN_RST) |
				  EVENT(IN_WAY) | EVENT(OUT_OTHER) |
				  EVENT(OUT_ACK) | EVENT(OUT_MATCH) |
				  EVENT(OUT_ANEW) | EVENT(OUT_ABORT);

	for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
		for (int i = 0; i < SESSION_EVENTS; i++) {
			const uint8_t to = session_next_state(
				state, (enum session_event)i);

			if (!(unproven >> i & 1) ||
			    timer_s[session_timer_of(to, false)] <=
				    timer_s[session_timer_of(state, false)])
				continue;
			/* The handshake was proven by then, or its backend
			 * refused it; then it is over sooner or later. */
			ck_assert(state == MX_SESSION_GREETING ||
				  state == MX_SESSION_JOINING ||
				  (in(state, HALF) && to == MX_SESSION_RESET));
			ck_assert(to == MX_SESSION_CLIENT_FIN ||
				  (state == MX_SESSION_JOINING &&
				   to == MX_SESSION_GREETING) ||
				  to == MX_SESSION_DOUBTED ||
				  to == MX_SESSION_RESET);
		}
	/* A session that waits for an answer does not wait longer after a
	 * segment without one, such as a repeated SYN-ACK. */
	for (uint8_t state = FIRST; state < MX_SESSION_STATES; state++)
		ck_assert(!session_is_renewed(state, false) ||
			  in(state, (OPEN & ~SET(MX_SESSION_GREETING)) | FINS));
	ck_assert_uint_eq(reach(SET(MX_SESSION_ANSWERED), EVENT(OUT_MATCH)),
			  SET(MX_SESSION_ANSWERED));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tcpstate");
	TCase *t = tcase_create("tcpstate");

	tcase_add_test(t, every_event_moves_every_state_as_the_twin_says);
	tcase_add_test(t, every_state_has_the_timer_and_the_class_of_the_twin);
	tcase_add_test(t, what_says_nothing_moves_nothing);
	tcase_add_test(t, without_a_proof_a_handshake_stays_half_open_or_ends);
	tcase_add_test(t, a_client_alone_establishes_nothing);
	tcase_add_test(
		t, a_client_alone_ends_no_session_whose_backend_still_speaks);
	tcase_add_test(t, no_live_session_becomes_half_open_again);
	tcase_add_test(t, a_segment_that_comes_twice_moves_once);
	tcase_add_test(t, only_a_proof_lengthens_the_life_of_a_session);
	suite_add_tcase(s, t);
	return s;
}
