/* SPDX-License-Identifier: BSD-3-Clause */
/* Which segments are believed, against a plain twin: for each event the one
 * condition under which RFC 9293 3.10.7 and RFC 5961 3.2 let an end accept it.
 * Method: all states, all flags, both values of "apart", and numbers at and
 * beside every bound, also where 32 bits wrap.  Then the rules that hold for
 * each step, whatever its event. */
#include <stdio.h>

#include <rte_common.h>
#include <rte_tcp.h>

#include "belief.h"
#include "runner.h"

#define SYN RTE_TCP_SYN_FLAG
#define ACK RTE_TCP_ACK_FLAG
#define FIN RTE_TCP_FIN_FLAG
#define RST RTE_TCP_RST_FLAG
#define FLAGS 64 /* all of RFC 793 */

/* The largest window without a scale (RFC 7323 2.2). */
#define WINDOW 65535u

/* One case: a sender and its segment. */
struct saying {
	struct mx_session s;
	uint8_t state;
	struct heard heard;
	bool apart;
	bool of_client;
};

static struct saying now;
static uint32_t wrong;
static uint64_t cases;

/* The distance of two numbers on the circle of 2^32. */
static uint32_t
distance(uint32_t a, uint32_t b)
{
	return RTE_MIN(a - b, b - a);
}

static bool
has(uint8_t flag)
{
	return now.heard.flags & flag;
}

/* RFC 9293 3.10.7.4: RST is checked before SYN, and SYN before the rest. */
static bool
is_syn(void)
{
	return has(SYN) && !has(RST);
}

static bool
is_fin(void)
{
	return has(FIN) && !has(RST) && !has(SYN);
}

static bool
is_plain(void)
{
	return !has(FIN) && !has(RST) && !has(SYN);
}

static bool
is_one_of(uint32_t states)
{
	return states >> now.state & 1;
}

#define OPENING (1u << MX_SESSION_OPENING)
#define ANSWERED (1u << MX_SESSION_ANSWERED)
#define GREETING (1u << MX_SESSION_GREETING)
#define JOINING (1u << MX_SESSION_JOINING)
#define HALF (OPENING | ANSWERED)
#define DOUBT (1u << MX_SESSION_DOUBTED | 1u << MX_SESSION_DOUBTED_FIN)

/* The client's ACK that completes a handshake. */
static bool
proves(void)
{
	return has(ACK) && now.heard.ack == now.s.server_seq &&
	       distance(now.heard.seq, now.s.client_seq) <= WINDOW;
}

/* An RST of the client that its backend would accept: the next number, or any
 * number that cannot be forged once nothing else is expected. */
static bool
client_aborts(void)
{
	if (now.state == MX_SESSION_BACKEND_FIN)
		return now.apart;
	return now.heard.seq == now.s.client_seq;
}

/* RFC 9293 3.10.7.3: an RST in answer to a SYN acknowledges exactly that
 * SYN. */
static bool
refuses(void)
{
	return has(ACK) && now.heard.ack == now.s.client_seq;
}

/* An RST of the backend that its client would accept. */
static bool
backend_aborts(void)
{
	if (is_one_of(OPENING | JOINING))
		return refuses();
	if (is_one_of(ANSWERED))
		return refuses() || now.heard.seq == now.s.server_seq;
	return now.apart ||
	       (is_one_of(DOUBT) && now.heard.seq == now.s.server_seq);
}

/* A number that is no part of the handshake, nor of the header, in a state where
 * it proves something: a header that has come is no greeting. */
static bool
acknowledges_a_byte(void)
{
	const uint32_t ahead = now.heard.ack - now.s.client_seq;

	return has(ACK) && is_one_of(HALF | GREETING) &&
	       ahead > (is_one_of(GREETING) ? mx_session_header(&now.s) : 0u) &&
	       ahead < UINT32_C(1) << 31;
}

static bool
client_twin(enum session_event event)
{
	switch (event) {
	case SESSION_IN_OTHER:
		return is_plain() && !proves();
	case SESSION_IN_SYN:
		return is_syn();
	case SESSION_IN_PROOF:
		return is_plain() && proves();
	case SESSION_IN_PROOF_FIN:
		return is_fin() && proves();
	case SESSION_IN_FIN:
		return is_fin() && !proves();
	case SESSION_IN_ABORT:
		return has(RST) && client_aborts();
	case SESSION_IN_RST:
		return has(RST) && !client_aborts();
	default: /* advance.c detects another way back */
		return false;
	}
}

static bool
backend_twin(enum session_event event)
{
	const bool match = now.heard.ack == now.s.client_seq;
	/* A SYN of mxsteer's own has no older one beside it. */
	const bool half = is_one_of(HALF | JOINING);
	const bool apart = now.apart && !is_one_of(JOINING);
	const bool answer = is_syn() && has(ACK);
	const bool data = is_plain() && now.heard.payload_bytes > 0;
	const bool bare = is_plain() && !data;

	switch (event) {
	case SESSION_IN_RST: /* anyone can send it: the backend is asked */
		return has(RST) && !backend_aborts() && !half;
	case SESSION_OUT_OTHER:
		return (has(RST) && !backend_aborts() && half) ||
		       (is_syn() && !has(ACK)) ||
		       (answer && half && !match && !apart) ||
		       (answer && !half && (match || !now.apart)) ||
		       (bare && !has(ACK));
	case SESSION_OUT_MATCH:
		return answer && half && (match || apart);
	case SESSION_OUT_ANEW:
		return answer && !half && !match && now.apart;
	case SESSION_OUT_ACK:
		return bare && has(ACK) && !acknowledges_a_byte();
	case SESSION_OUT_PROOF:
		return data || (bare && acknowledges_a_byte());
	case SESSION_OUT_FIN:
		return is_fin();
	case SESSION_OUT_ABORT:
		return has(RST) && backend_aborts();
	default:
		return false;
	}
}

static void
complain(const char *what, int event)
{
	if (wrong++ < 20)
		fprintf(stderr,
			"%s: event %d, %s of the %s, flags %#x seq %u ack %u "
			"bytes %u apart %d; client %u backend %u\n",
			what, event, mx_session_state_name(now.state),
			now.of_client ? "client" : "backend", now.heard.flags,
			now.heard.seq, now.heard.ack, now.heard.payload_bytes,
			now.apart, now.s.client_seq, now.s.server_seq);
}

static enum session_event
believe(void)
{
	return now.of_client ? belief_of_client(&now.s, &now.heard, now.apart)
			     : belief_of_backend(&now.s, &now.heard, now.apart);
}

/* The twin has one event for each segment.  It must be this one. */
static void
check_twin(void)
{
	const enum session_event event = believe();

	for (int i = 0; i < SESSION_EVENTS; i++) {
		const enum session_event other = (enum session_event)i;
		const bool is = now.of_client ? client_twin(other)
					      : backend_twin(other);

		if (is != (other == event))
			complain(is ? "twin differs" : "twin says no", i);
	}
}

/* The rules for a step of the client, without events. */
static void
check_client_step(uint8_t to)
{
	const uint8_t was = now.state;

	if (to == was)
		return;
	if (is_one_of(OPENING))
		complain("moved before the backend answered", to);
	if (is_one_of(ANSWERED) && !has(RST) && !proves())
		complain("a handshake completed without its number", to);
	if (is_one_of(ANSWERED) && has(RST) &&
	    now.heard.seq != now.s.client_seq)
		complain("a blind RST ended a handshake", to);
	if (to == MX_SESSION_ESTABLISHED)
		complain("established by the client alone", to);
	if (has(SYN) && !has(RST))
		complain("a SYN moved it", to);
	/* If both ends may still send, an RST is only a question. */
	if (mx_session_is_over(to) && !mx_session_is_over(was) &&
	    !is_one_of(ANSWERED | JOINING) && was != MX_SESSION_BACKEND_FIN)
		complain("ended by the client alone", to);
	if (to == MX_SESSION_RESET && was == MX_SESSION_BACKEND_FIN &&
	    !now.apart)
		complain("ended by a backend's FIN that may be forged", to);
}

static void
check_backend_step(uint8_t to)
{
	const uint8_t was = now.state;
	const bool match = now.heard.ack == now.s.client_seq;

	if (to == was)
		return;
	if (is_syn() && !now.apart && !(has(ACK) && match))
		complain("an answer to another SYN counted", to);
	if (is_syn() && !has(ACK))
		complain("a SYN of the backend counted", to);
	if (is_one_of(ANSWERED) && is_syn())
		complain("a repeated SYN-ACK moved it", to);
	if (is_one_of(OPENING | JOINING) && !is_syn() &&
	    !(has(RST) && refuses()))
		complain("moved before the backend answered", to);
	if (is_one_of(HALF | GREETING) && is_plain() &&
	    now.heard.payload_bytes == 0 && match)
		complain("a bare ACK of the handshake proved it", to);
	if (has(RST) && !now.apart && mx_session_is_over(to) &&
	    !mx_session_is_over(was) && !is_one_of(HALF | JOINING) &&
	    !(is_one_of(DOUBT) && now.heard.seq == now.s.server_seq))
		complain("a blind RST ended it", to);
	if ((to == MX_SESSION_GREETING && !is_one_of(JOINING)) ||
	    to == MX_SESSION_OPENING)
		complain("the backend spoke for the client", to);
}

static void
check_step(void)
{
	const uint8_t to = session_next_state(now.state, believe());

	if (now.of_client)
		check_client_step(to);
	else
		check_backend_step(to);
}

/* Numbers around a number, and around the ends of its half of the circle. */
static const uint32_t beside[] = {
	0,           1,           UINT32_MAX,  100,
	WINDOW,      WINDOW + 1,  0u - WINDOW, 0u - WINDOW - 1,
	0x7fffffffu, 0x80000000u, 0x80000001u, 0x12345678u,
};

/* First numbers of both ends, some of which wrap. */
static const uint32_t first[][2] = {
	{1000000, 2000000000},      {1, UINT32_MAX}, {UINT32_MAX, 0},
	{0x80000000u, 0x7fffffffu}, {5000, 5000},
};

static void
say_all_flags(void (*check)(void))
{
	static const uint16_t sizes[] = {0, 1, 1460};

	for (uint32_t i = 0; i < FLAGS * RTE_DIM(sizes) * 4; i++) {
		now.heard.flags = (uint8_t)(i % FLAGS);
		now.heard.payload_bytes = sizes[i / FLAGS % RTE_DIM(sizes)];
		now.apart = i / FLAGS / RTE_DIM(sizes) & 1;
		now.of_client = i / FLAGS / RTE_DIM(sizes) >> 1;
		cases++;
		check();
	}
}

static void
say_all(void (*check)(void))
{
	wrong = 0;
	cases = 0;
	for (uint32_t f = 0; f < RTE_DIM(first); f++)
		for (uint8_t state = MX_SESSION_OPENING;
		     state < MX_SESSION_STATES; state++) {
			now.state = state;
			now.s.client_seq = first[f][0];
			now.s.server_seq = first[f][1];
			now.s.shifts = f % 2 ? 100 : 0; /* a header */
			atomic_store(&now.s.state, state);
			/* Each number beside the number of either end. */
			for (uint32_t i = 0; i < 4 * RTE_DIM(beside); i++)
				for (uint32_t j = 0; j < RTE_DIM(beside); j++) {
					const uint32_t at = i / 4;

					now.heard.seq =
						first[f][i & 1] + beside[at];
					now.heard.ack = first[f][i >> 1 & 1] +
							beside[j];
					say_all_flags(check);
				}
		}
	ck_assert_uint_eq(cases, RTE_DIM(first) * (MX_SESSION_STATES - 1) * 4 *
					 RTE_DIM(beside) * RTE_DIM(beside) *
					 FLAGS * 3 * 4);
	ck_assert_uint_eq(wrong, 0);
}

START_TEST(every_segment_is_the_event_that_the_twin_says)
{
	say_all(check_twin);
}
END_TEST

START_TEST(no_step_goes_further_than_its_segment_proves)
{
	say_all(check_step);
}
END_TEST

START_TEST(a_segment_past_us_is_told_by_its_flags_and_its_data)
{
	for (uint32_t i = 0; i < 2 * FLAGS; i++) {
		const uint8_t flags = (uint8_t)(i % FLAGS);
		const struct heard heard = {
			.flags = flags, .payload_bytes = (uint16_t)(i / FLAGS)};
		const enum session_event event = belief_of_direct(&heard);
		const bool end = flags & (FIN | RST);

		ck_assert_int_eq(event == SESSION_DIRECT_END, end);
		ck_assert_int_eq(event == SESSION_DIRECT_SYN,
				 !end && flags & SYN);
		ck_assert_int_eq(event == SESSION_DIRECT_DATA,
				 !end && !(flags & SYN) && i / FLAGS > 0);
		ck_assert_int_eq(event == SESSION_DIRECT_ACK,
				 !end && !(flags & SYN) && i / FLAGS == 0);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("belief");
	TCase *t = tcase_create("belief");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_segment_is_the_event_that_the_twin_says);
	tcase_add_test(t, no_step_goes_further_than_its_segment_proves);
	tcase_add_test(t, a_segment_past_us_is_told_by_its_flags_and_its_data);
	suite_add_tcase(s, t);
	return s;
}
