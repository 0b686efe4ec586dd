/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that speak before their greeting are counted once, or refused, as their
 * service says.  No other client is, whatever is lost, repeated or out of order.
 * Method: sessions through real worker_poll(), with numbers that wrap; the test is
 * the client and the MTA.  Then the pure function against a plain twin. */
#include <string.h>

#include <rte_tcp.h>

#include "early.h"
#include "onerig.h"
#include "proxytalk.h"
#include "refuserig.h"
#include "runner.h"
#include "ways.h"

#define TEXT "554 5.5.1 " HOST " you spoke out of your turn\r\n"

static void
set_early(enum mx_early early)
{
	for (int i = 0; i < RIG_SERVICES; i++)
		if (!mx_forward_is_direct(rig_plan(rig)->service[i].forward))
			rig_plan(rig)->service[i].early = (uint8_t)early;
}

static void
setup(void)
{
	onerig_setup();
	refuserig_set_answer(MX_ANSWER_421);
	rig->worker[0]->resets.from_s = 0;
	set_early(MX_EARLY_COUNT);
}

/* A session that its MTA has answered; or whose client has acknowledged that. */
static struct proxytalk
answered(int way)
{
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);

	proxytalk_answer(&p);
	return p;
}

static void
say(const struct proxytalk *p, uint8_t flags, uint32_t at, uint32_t got,
    uint16_t bytes)
{
	struct segment said = proxytalk_in(p, flags, at, got);

	said.payload_bytes = bytes;
	talk_send(&p->talk, WAN, &said);
}

static struct proxytalk
proven(int way)
{
	struct proxytalk p = answered(way);

	say(&p, ACK, 0, 0, 0);
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	return p;
}

static void
hear(const struct proxytalk *p, uint8_t flags, uint32_t at, uint32_t got,
     uint16_t bytes)
{
	struct segment said = proxytalk_back(p, flags, at, got);

	said.payload_bytes = bytes;
	talk_send(&p->talk, LAN, &said);
}

static uint64_t
early(int way)
{
	return rig->count[0].early[ways[way].service];
}

START_TEST(data_in_place_of_the_ack_counts_once)
{
	struct proxytalk p = answered(_i);

	say(&p, ACK | PSH, 0, 0, 1);
	ck_assert_uint_eq(early(_i), 1);
	/* It comes again, then more of it, and its end. */
	say(&p, ACK | PSH, 0, 0, 1);
	say(&p, ACK | PSH, 1, 0, 1);
	say(&p, ACK | PSH | FIN, 0, 0, 200);
	ck_assert_uint_eq(early(_i), 1);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLIENT_FIN);
}
END_TEST

START_TEST(data_behind_the_ack_counts_once)
{
	struct proxytalk p = proven(_i);

	/* The second segment of the client overtakes its first. */
	say(&p, ACK | PSH, 1, 0, 30);
	ck_assert_uint_eq(early(_i), 1);
	say(&p, ACK | PSH, 0, 0, 1);
	ck_assert_uint_eq(early(_i), 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_REFUSED), 0);
	/* What it said has reached its MTA, which greets it all the same. */
	rig_flush(rig);
	proxytalk_expect_back(&p, ACK | PSH, 0, 31, 40);
	proxytalk_expect_in(&p, ACK | PSH, 31, 40, 10);
}
END_TEST

/* The MTA has taken the PROXY header, or has sent its ACK again. */
START_TEST(an_ack_of_the_mta_is_no_greeting)
{
	struct proxytalk p = proven(_i);

	hear(&p, ACK, 0, 0, 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	say(&p, ACK | PSH, 0, 0, 30);
	ck_assert_uint_eq(early(_i), 1);
	hear(&p, ACK, 0, 30, 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ESTABLISHED);
}
END_TEST

/* Bytes of the greeting that passed by, and those that the client has. */
static const struct {
	uint32_t at;
	uint16_t bytes;
	uint32_t got;
} greetings[] = {
	{0, 40, 40}, /* it is there */
	{0, 40, 0},  /* it crosses the client's data, or is lost behind us */
	{0, 1, 1},   /* a part of it is there */
	{0, 1, 0},   {20, 20, 0}, /* its second half came first */
};
#define GREETINGS (int)RTE_DIM(greetings)

START_TEST(a_greeted_client_does_not_count)
{
	const int n = _i % GREETINGS;
	const int way = _i / GREETINGS;
	struct proxytalk p = proven(way);

	hear(&p, ACK | PSH, greetings[n].at, 0, greetings[n].bytes);
	say(&p, ACK | PSH, 0, greetings[n].got, 17);
	say(&p, ACK | PSH, 0, greetings[n].got, 17);
	say(&p, ACK | PSH, 17, 40, 17);
	ck_assert_uint_eq(early(way), 0);
}
END_TEST

/* The ACK of the client was lost, and its MTA did not need it. */
START_TEST(a_client_that_was_greeted_before_its_ack_does_not_count)
{
	struct proxytalk p = answered(_i);

	hear(&p, ACK | PSH, 0, 0, 40);
	say(&p, ACK | PSH, 0, 40, 17);
	say(&p, ACK | PSH, 0, 0, 17);
	ck_assert_uint_eq(early(_i), 0);
}
END_TEST

/* What an honest client may send before its greeting, and what strangers may:
 * `at` and `got` are beside the client's and the MTA's first bytes. */
static const struct {
	uint8_t flags;
	uint32_t at;
	uint32_t got;
	uint16_t bytes;
} harmless[] = {
	{ACK, 0, 0, 0},          {ACK | FIN, 0, 0, 0},
	{ACK, UINT32_MAX, 0, 1}, /* a keepalive with a byte */
	{ACK, UINT32_MAX, 0, 0}, {SYN, UINT32_MAX, 0, 100}, /* Fast Open */
	{PSH, 0, 0, 10},         {ACK | RST, 5, 0, 10},
	{ACK, 0, UINT32_MAX, 9}, {ACK, 0, 1, 9},
	{ACK, 65536, 0, 9},      {ACK, 0x80000000u, 0, 9},
};
#define HARMLESS (int)RTE_DIM(harmless)

START_TEST(no_other_segment_counts)
{
	const int n = _i % HARMLESS;
	const int way = _i / HARMLESS;

	set_early(MX_EARLY_REFUSE);
	struct proxytalk p = proven(way);
	say(&p, harmless[n].flags, harmless[n].at, harmless[n].got,
	    harmless[n].bytes);
	ck_assert_uint_eq(early(way), 0);
	ck_assert_uint_ne(talk_state(&p.talk), MX_SESSION_REFUSED);
}
END_TEST

START_TEST(a_segment_with_a_wrong_checksum_does_not_count)
{
	uint8_t frame[FRAME_MAX];
	struct proxytalk p = proven(_i);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 20;
	const uint16_t bytes = frame_tcp(frame, &said);
	frame[bytes - 1] ^= 1;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	ck_assert_uint_eq(early(_i), 0);
	say(&p, ACK | PSH, 0, 0, 20);
	ck_assert_uint_eq(early(_i), 1);
}
END_TEST

START_TEST(a_service_may_not_look)
{
	set_early(MX_EARLY_OFF);
	struct proxytalk p = answered(_i);

	say(&p, ACK | PSH, 0, 0, 1);
	ck_assert_uint_eq(early(_i), 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
}
END_TEST

static void
assert_text(const struct proxytalk *p, uint32_t taken)
{
	const struct segment expected = {
		.from = p->talk.vip,
		.to = p->talk.client,
		.flags = ACK | PSH | FIN,
		.made = true,
		.seq = p->b - p->talk.ack_shift + 1,
		.ack = p->c + 1 + taken,
		.window = 8192,
		.payload = (const uint8_t *)TEXT,
		.payload_bytes = sizeof(TEXT) - 1,
	};

	talk_assert_left(rig, WAN, &expected);
}

/* The MTA has the header, and gets no byte of the client. */
static void
assert_refused(const struct proxytalk *p, int way, uint32_t taken)
{
	const struct segment left = talk_next(rig, LAN);

	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p->c + 1 + p->shift);
	ck_assert_uint_eq(left.payload_bytes, 0);
	assert_text(p, taken);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_REFUSED);
	ck_assert_uint_eq(early(way), 1);
	ck_assert_uint_eq(
		refuserig_told(ways[way].service, MX_ANSWER_554, MX_DROP_EARLY),
		1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_REFUSED), 1);
}

START_TEST(a_refused_client_is_told_why)
{
	struct proxytalk p = proven(_i);

	set_early(MX_EARLY_REFUSE);
	say(&p, ACK | PSH, 0, 0, 17);
	assert_refused(&p, _i, 17);
	/* The text is lost once; then the client ends. */
	rig_pass_ms(rig, 400);
	assert_text(&p, 17);
	say(&p, ACK | PSH, 17, sizeof(TEXT), 6);
	ck_assert_uint_eq(talk_next(rig, WAN).ack, p.c + 1 + 23);
	say(&p, ACK | FIN, 23, sizeof(TEXT), 0);
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	ck_assert_uint_eq(early(_i), 1);
}
END_TEST

/* Its data came in place of its ACK, with a FIN. */
START_TEST(a_hasty_client_is_refused_as_well)
{
	struct proxytalk p = answered(_i);

	set_early(MX_EARLY_REFUSE);
	say(&p, ACK | PSH | FIN, 0, 0, 17);
	p.shift = 0; /* no header has been sent */
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, RST);
	assert_text(&p, 18);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
}
END_TEST

/* What lies behind bytes that are lost is not acknowledged. */
START_TEST(what_overtakes_the_first_byte_is_refused_as_well)
{
	struct proxytalk p = proven(_i);

	set_early(MX_EARLY_REFUSE);
	say(&p, ACK | PSH, 5, 0, 17);
	assert_refused(&p, _i, 0);
}
END_TEST

START_TEST(a_client_without_limits_is_passed_over)
{
	struct mx_plan *plan = rig_plan(rig);
	struct proxytalk p = proven(_i);

	set_early(MX_EARLY_REFUSE);
	plan->allow[0] = (struct mx_prefix){p.talk.client.ip, 128};
	plan->service[ways[_i].service].clients.allow_count = 1;
	say(&p, ACK | PSH, 0, 0, 17);
	ck_assert_uint_eq(early(_i), 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
}
END_TEST

/* Numbers beside an end's first one, on both sides of the circle. */
static const uint32_t beside[] = {0,           1,          UINT32_MAX,
				  65535,       65536,      0x7fffffff,
				  0x80000000u, 0u - 65535, 12345};
static const uint32_t first[] = {
	0, 1, UINT32_MAX, UINT32_MAX - 65535, 0x80000000u, 1000000};

/* The client has its SYN-ACK and nothing else, and its MTA has said nothing. */
static bool
twin(uint8_t state, uint8_t flags, uint16_t bytes, uint32_t ahead,
     uint32_t heard)
{
	if (state != MX_SESSION_ANSWERED && state != MX_SESSION_GREETING &&
	    state != MX_SESSION_JOINING && state != MX_SESSION_HELD)
		return false;
	if (flags & (SYN | RST) || !(flags & ACK))
		return false;
	return bytes != 0 && ahead < 65536 && heard == 0;
}

START_TEST(each_segment_is_judged_as_by_the_twin)
{
	struct mx_session s = {.client_seq = first[_i]};
	uint32_t found = 0;

	s.server_seq = first[(_i + 2) % (int)RTE_DIM(first)];
	for (uint8_t state = 0; state < MX_SESSION_STATES; state++)
		for (uint32_t n = 0; n < 64 * 3; n++)
			for (uint32_t i = 0;
			     i < RTE_DIM(beside) * RTE_DIM(beside); i++) {
				const uint32_t at = beside[i / RTE_DIM(beside)];
				const uint32_t got =
					beside[i % RTE_DIM(beside)];
				const struct heard heard = {
					.seq = s.client_seq + at,
					.ack = s.server_seq + got,
					.flags = (uint8_t)(n % 64),
					.payload_bytes =
						(uint16_t)(n / 64 * 700),
				};

				atomic_store(&s.state, state);
				ck_assert(early_is(&s, &heard) ==
					  twin(state, heard.flags,
					       heard.payload_bytes, at, got));
				found += early_is(&s, &heard);
			}
	ck_assert_uint_gt(found, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("early");
	TCase *t = tcase_create("early");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, data_in_place_of_the_ack_counts_once, 0, WAYS);
	tcase_add_loop_test(t, data_behind_the_ack_counts_once, 0, WAYS);
	tcase_add_loop_test(t, an_ack_of_the_mta_is_no_greeting, 0, WAYS);
	tcase_add_loop_test(t, a_greeted_client_does_not_count, 0,
			    WAYS * GREETINGS);
	tcase_add_loop_test(
		t, a_client_that_was_greeted_before_its_ack_does_not_count, 0,
		WAYS);
	tcase_add_loop_test(t, no_other_segment_counts, 0, WAYS * HARMLESS);
	tcase_add_loop_test(t, a_segment_with_a_wrong_checksum_does_not_count,
			    0, WAYS);
	tcase_add_loop_test(t, a_service_may_not_look, 0, WAYS);
	tcase_add_loop_test(t, a_refused_client_is_told_why, 0, WAYS);
	tcase_add_loop_test(t, a_hasty_client_is_refused_as_well, 0, WAYS);
	tcase_add_loop_test(t, what_overtakes_the_first_byte_is_refused_as_well,
			    0, WAYS);
	tcase_add_loop_test(t, a_client_without_limits_is_passed_over, 0, WAYS);
	tcase_add_loop_test(t, each_segment_is_judged_as_by_the_twin, 0,
			    RTE_DIM(first));
	suite_add_tcase(s, t);
	return s;
}
