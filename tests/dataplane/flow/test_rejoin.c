/* SPDX-License-Identifier: BSD-3-Clause */
/* A session whose MTA accepts it, and then says 421 or ends it in place of a
 * greeting, goes to another MTA, and its client notices nothing.
 * Method: sessions through real worker_poll() whose MTAs begin with any numbers;
 * the test is the client, the MTAs and the clock.  Each segment of the new
 * handshake is lost once.  Then clients and MTAs of which nothing may be held
 * back. */
#include <string.h>

#include "failover.h"
#include "farewell.h"
#include "limitrig.h"
#include "onerig.h"
#include "proxytalk.h"
#include "refuserig.h"
#include "runner.h"
#include "sweep.h"
#include "ways.h"

/* The number of the second MTA's SYN: any, and those that wrap. */
static const uint32_t others[] = {77777, 0xffffffff, 0xfffffffe, 0x7fffffff, 0};

static const uint8_t offered[12] = {2, 4, 0x05, 0x78, 1, 3, 3, 7, 1, 1, 4, 2};

#define BUSY "421 4.3.2 all server ports are busy\r\n"
#define HELLO "220 mta2.example.net ESMTP\r\n"

static void
set_fail_over(uint8_t bits)
{
	for (int i = 0; i < RIG_SERVICES; i++)
		if (!mx_forward_is_direct(rig_plan(rig)->service[i].forward))
			rig_plan(rig)->service[i].fail_over = bits;
}

static void
setup(void)
{
	onerig_setup();
	refuserig_set_answer(MX_ANSWER_421);
	rig->worker[0]->resets.from_s = 0;
	set_fail_over(MX_FAIL_OVER_BUSY | MX_FAIL_OVER_SILENT |
		      MX_FAIL_OVER_REFUSED);
	for (int id = 1; id <= 6; id++)
		rig->worker[0]->profiles.backend[id] = (struct profile){
			.known = true, .says = {1460, 7, true}};
}

static struct proxytalk
begin(int way)
{
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);
	struct segment said = talk_in(&p.talk, SYN);

	proxytalk_header_of(&p);
	said.seq = p.c;
	said.option_bytes = sizeof(offered);
	memcpy(said.option, offered, sizeof(offered));
	talk_send(&p.talk, WAN, &said);
	const struct segment sent = talk_next(rig, LAN);
	p.talk.local = sent.from;
	p.talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	proxytalk_hear_answer(&p);
	said = proxytalk_in(&p, ACK, 0, 0);
	talk_send(&p.talk, WAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	return p;
}

static int
number_of(const struct proxytalk *p)
{
	return p->talk.mta.mac.addr_bytes[5];
}

/* The MTA says something at byte `at`. */
static void
hear(const struct proxytalk *p, uint8_t flags, uint32_t at, const char *text)
{
	struct segment said = proxytalk_back(p, flags, at, 0);

	said.payload = (const uint8_t *)text;
	said.payload_bytes = (uint16_t)strlen(text);
	talk_send(&p->talk, LAN, &said);
}

/* The client gets what the MTA said. */
static void
assert_passed(const struct proxytalk *p, uint8_t flags, uint32_t at,
	      const char *text)
{
	const struct segment left = talk_next(rig, WAN);

	ck_assert_uint_eq(left.flags, flags);
	ck_assert_uint_eq(left.seq, p->b - p->talk.ack_shift + 1 + at);
	ck_assert_uint_eq(left.payload_bytes, strlen(text));
	ck_assert_mem_eq(left.payload, text, strlen(text));
	talk_assert_silence(rig);
}

/* The MTA is reset, exactly at the number that it expects. */
static void
assert_reset(const struct proxytalk *p)
{
	const struct segment left = talk_next(rig, LAN);

	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p->c + 1 + p->shift);
	ck_assert_int_eq(left.to.mac.addr_bytes[5], number_of(p));
}

/* The next MTA gets the client's SYN.  Returns its number. */
static int
assert_syn(struct proxytalk *p)
{
	const struct segment sent = talk_next(rig, LAN);

	ck_assert_uint_eq(sent.flags, SYN);
	ck_assert_uint_eq(sent.seq, p->c);
	ck_assert_uint_eq(sent.option_bytes, sizeof(offered));
	ck_assert_mem_eq(sent.option, offered, sizeof(offered));
	ck_assert_uint_eq(sent.from.port, p->talk.local.port);
	p->talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_JOINING);
	return number_of(p);
}

static int
assert_left(struct proxytalk *p)
{
	assert_reset(p);
	return assert_syn(p);
}

/* The answer of the next MTA, whose first number is `b`. */
static struct segment
answer_of(struct proxytalk *p, uint32_t b)
{
	struct segment said = talk_back(&p->talk, SYN | ACK);

	p->talk.ack_shift += b - p->b;
	p->b = b;
	said.seq = b;
	said.ack = p->c + 1;
	said.option_bytes = sizeof(offered);
	memcpy(said.option, offered, sizeof(offered));
	return said;
}

static void
assert_joined(const struct proxytalk *p)
{
	const struct segment header = proxytalk_header(p, p->b + 1, 4096);
	const struct segment ack = {
		.from = p->talk.local,
		.to = p->talk.mta,
		.flags = ACK,
		.made = true,
		.seq = p->c + 1,
		.ack = p->b + 1,
		.window = 4096,
	};
	struct segment expected = p->shift > 0 ? header : ack;

	expected.from.mac = rig_local.mac;
	talk_assert_left(rig, LAN, &expected);
	talk_assert_silence(rig);
}

static void
join(struct proxytalk *p, uint32_t b)
{
	const struct segment said = answer_of(p, b);

	talk_send(&p->talk, LAN, &said);
	assert_joined(p);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_GREETING);
}

/* The session goes on as any other. */
static void
go_on(const struct proxytalk *p)
{
	hear(p, ACK | PSH, 0, HELLO);
	assert_passed(p, ACK | PSH, 0, HELLO);
	proxytalk_expect_in(p, ACK, 0, sizeof(HELLO) - 1, 0);
	proxytalk_expect_in(p, ACK | PSH, 0, sizeof(HELLO) - 1, 17);
	proxytalk_expect_back(p, ACK | PSH, sizeof(HELLO) - 1, 17, 90);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_ESTABLISHED);
	talk_assert_silence(rig);
}

/* Both of a pair of numbers from one loop variable. */
static struct proxytalk
begin_busy(int i, int *first)
{
	struct proxytalk p = begin(i % WAYS);

	*first = number_of(&p);
	hear(&p, ACK | PSH, 0, BUSY);
	ck_assert_int_ne(assert_left(&p), *first);
	return p;
}

START_TEST(a_busy_mta_is_replaced)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);

	join(&p, others[_i / WAYS]);
	go_on(&p);
	ck_assert_uint_eq(rig->count[0].failovers_busy, 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_FAILED_OVER), 1);
	ck_assert_uint_eq(onerig_live(first), 0);
	ck_assert_uint_eq(onerig_live(number_of(&p)), 1);
	ck_assert_uint_eq(
		rig->count[0].backend[first].unserved[MX_UNSERVED_BUSY], 1);
	rig_pass_ms(rig, 5000);
	talk_assert_silence(rig);
	rig_restart(rig);
	proxytalk_expect_in(&p, ACK | PSH, 17, sizeof(HELLO) - 1, 20);
}
END_TEST

/* Its client may have one session at once, and begin one in ten seconds. */
START_TEST(a_replaced_session_counts_once)
{
	const struct mx_client_limits limits = {.sessions = 1,
						.per_10s = 1,
						.prefix4 = 120,
						.prefix6 = 64,
						.used = 1};
	int first;

	rig_set_limits(rig, &limits);
	struct proxytalk p = begin_busy(_i, &first);
	const struct mx_addr client = p.talk.client.ip;
	join(&p, 3);
	go_on(&p);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 0);
	struct clients_seen seen =
		limitrig_seen(ways[_i].service, &client, CLIENTS_ADDRESS_BITS);
	ck_assert_uint_eq(seen.sessions, 1);
	ck_assert_uint_eq(seen.recent, 1);
	worker_session_end(rig->worker[0], talk_session(&p.talk));
	seen = limitrig_seen(ways[_i].service, &client, CLIENTS_ADDRESS_BITS);
	ck_assert_uint_eq(seen.sessions, 0);
}
END_TEST

START_TEST(a_lost_syn_and_a_lost_syn_ack_come_again)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);
	const int second = number_of(&p);

	rig_pass_ms(rig, 299);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 1);
	ck_assert_int_eq(assert_syn(&p), second);
	rig_pass_ms(rig, 599);
	talk_assert_silence(rig);
	join(&p, 5);
	go_on(&p);
}
END_TEST

START_TEST(a_lost_ack_is_sent_again_when_the_mta_asks)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);
	const struct segment said = answer_of(&p, 0xffffffff);

	talk_send(&p.talk, LAN, &said);
	assert_joined(&p);
	talk_send(&p.talk, LAN, &said);
	assert_joined(&p);
	go_on(&p);
}
END_TEST

START_TEST(a_silent_or_refusing_mta_is_followed_by_the_third_one)
{
	int first;
	struct proxytalk p = begin_busy(_i % WAYS, &first);
	const int second = number_of(&p);

	if (_i / WAYS == 0) {
		rig_pass_ms(rig, 300);
		assert_syn(&p);
		rig_pass_ms(rig, 600);
	} else {
		struct segment said = talk_back(&p.talk, RST | ACK);

		said.seq = 0;
		said.ack = p.c + 1;
		talk_send(&p.talk, LAN, &said);
	}
	const int third = assert_syn(&p);
	ck_assert_int_ne(third, second);
	ck_assert_int_ne(third, first);
	join(&p, 1234567);
	go_on(&p);
	ck_assert_uint_eq(onerig_live(first) + onerig_live(second), 0);
}
END_TEST

START_TEST(a_client_of_no_further_mta_is_told)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);
	struct segment left;

	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].serves = 0;
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	rig_pass_ms(rig, 300);
	assert_syn(&p);
	rig_pass_ms(rig, 600);
	assert_syn(&p);
	/* Before the half-open timer ends. */
	rig_pass_s(rig, rig_plan(rig)->service[p.talk.service].half_open_s - 3);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 1200);
	left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, RST);
	left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(left.seq, p.b - p.talk.ack_shift + 1);
	ck_assert_uint_eq(left.ack, p.c + 1);
	ck_assert_mem_eq(left.payload, TEXT_NONE, sizeof(TEXT_NONE) - 1);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
}
END_TEST

START_TEST(the_second_mta_that_is_busy_is_believed)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);

	join(&p, 99);
	hear(&p, ACK | PSH | FIN, 0, BUSY);
	assert_passed(&p, ACK | PSH | FIN, 0, BUSY);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_BACKEND_FIN);
}
END_TEST

/* It says nothing, so mxsteer does, whatever `answer` is without a session. */
START_TEST(the_last_mta_that_ends_without_a_word_is_spoken_for)
{
	static const uint8_t ends[] = {ACK | FIN, RST | ACK};
	static const enum mx_answer answers[] = {MX_ANSWER_421, MX_ANSWER_DROP};
	struct proxytalk p = begin(_i % WAYS);

	refuserig_set_answer(answers[_i / WAYS / 2]);
	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].serves = 0;
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	hear(&p, ends[_i / WAYS % 2], 0, "");
	assert_reset(&p);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(left.seq, p.b - p.talk.ack_shift + 1);
	ck_assert_uint_eq(left.ack, p.c + 1);
	ck_assert_mem_eq(left.payload, TEXT_NONE, sizeof(TEXT_NONE) - 1);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	ck_assert_uint_eq(rig->count[0].failovers_none, 1);
}
END_TEST

/* The beginnings of what MTAs say, and whether another MTA is asked. */
static const struct {
	uint8_t bits;
	uint8_t flags;
	const char *text;
	bool replaced;
} sayings[] = {
	{MX_FAIL_OVER_BUSY, ACK | PSH, "220-", false},
	{MX_FAIL_OVER_BUSY, ACK | PSH, "2", false},
	{MX_FAIL_OVER_BUSY, ACK | PSH, "4", true},
	{MX_FAIL_OVER_BUSY, ACK | PSH | FIN, "450 later\r\n", true},
	{MX_FAIL_OVER_BUSY, ACK | PSH, "554 no\r\n", false},
	{MX_FAIL_OVER_BUSY, ACK | PSH, "\x16\x03", false},
	{MX_FAIL_OVER_BUSY, ACK | FIN, "", true},
	{MX_FAIL_OVER_BUSY, RST | ACK, "", true},
	{MX_FAIL_OVER_REFUSES, ACK | PSH, "554 no\r\n", true},
	{MX_FAIL_OVER_REFUSES, ACK | PSH, "421 no\r\n", false},
	{MX_FAIL_OVER_REFUSED | MX_FAIL_OVER_SILENT, ACK | PSH, "4", false},
	{0, ACK | PSH, "4", false},
};

START_TEST(the_first_byte_decides)
{
	set_fail_over(sayings[_i].bits);
	for (int way = 0; way < WAYS; way++) {
		struct proxytalk p = begin(way);

		hear(&p, sayings[_i].flags, 0, sayings[_i].text);
		if (sayings[_i].replaced)
			assert_left(&p);
		else
			assert_passed(&p, sayings[_i].flags, 0,
				      sayings[_i].text);
		proxytalk_free(&p);
	}
}
END_TEST

START_TEST(what_overtakes_the_first_byte_waits)
{
	struct proxytalk p = begin(_i);

	hear(&p, ACK | PSH, 1, "20 mta\r\n");
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_WAITING), 1);
	hear(&p, ACK | PSH, 0, "2");
	assert_passed(&p, ACK | PSH, 0, "2");
	hear(&p, ACK | PSH, 1, "20 mta\r\n");
	assert_passed(&p, ACK | PSH, 1, "20 mta\r\n");
}
END_TEST

START_TEST(a_reset_behind_lost_bytes_passes)
{
	struct proxytalk p = begin(_i);

	hear(&p, RST | ACK, sizeof(BUSY) - 1, "");
	assert_passed(&p, RST | ACK, sizeof(BUSY) - 1, "");
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
}
END_TEST

START_TEST(a_client_that_has_spoken_stays)
{
	struct proxytalk p = begin(_i);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 1;
	talk_send(&p.talk, WAN, &said);
	rig_flush(rig);
	hear(&p, ACK | PSH, 0, BUSY);
	assert_passed(&p, ACK | PSH, 0, BUSY);
}
END_TEST

START_TEST(an_mta_that_would_not_do_for_the_client_is_not_asked)
{
	struct profile *profile = rig->worker[0]->profiles.backend;
	struct proxytalk p = begin(_i);
	const int first = number_of(&p);

	for (int id = 1; id <= 6; id++)
		if (id != first && _i % 2 == 0)
			profile[id].known = false;
		else if (id != first)
			profile[id].says.scale = 6;
	hear(&p, ACK | PSH, 0, BUSY);
	assert_passed(&p, ACK | PSH, 0, BUSY);
	ck_assert_uint_eq(rig->count[0].failovers_none, 1);
}
END_TEST

/* The first MTA named no scale and no SACK, so the client uses neither. */
START_TEST(the_next_mta_is_offered_what_the_first_one_took)
{
	struct proxytalk p = begin(0);

	rig->worker[0]->profiles.backend[number_of(&p)].says =
		(struct offer){1400, OFFER_NO_SCALE, false};
	hear(&p, ACK | PSH, 0, BUSY);
	assert_reset(&p);
	const struct segment sent = talk_next(rig, LAN);
	ck_assert_uint_eq(sent.flags, SYN);
	ck_assert_uint_eq(sent.option_bytes, 4);
	ck_assert_uint_eq(sent.option[0], 2);
}
END_TEST

START_TEST(what_the_client_says_meanwhile_waits)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 6;
	talk_send(&p.talk, WAN, &said);
	said = proxytalk_in(&p, RST, 5, 0);
	talk_send(&p.talk, WAN, &said);
	said = proxytalk_in(&p, SYN, 0, 0);
	said.seq = p.c;
	talk_send(&p.talk, WAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_WAITING), 3);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_JOINING);
	said = proxytalk_in(&p, RST, 0, 0);
	talk_send(&p.talk, WAN, &said);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p.c + 1);
}
END_TEST

START_TEST(strangers_join_nothing)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);
	struct segment said = talk_back(&p.talk, SYN | ACK);

	said.ack = p.c + 2;
	talk_send(&p.talk, LAN, &said);
	said.flags = RST | ACK;
	talk_send(&p.talk, LAN, &said);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_JOINING);
	rig_flush(rig);
	said.flags = SYN | ACK;
	said.ack = p.c + 1;
	said.from = rig_mta(first);
	talk_send(&p.talk, LAN, &said);
	ck_assert_uint_eq(rig_get(rig, WAN, (uint8_t[FRAME_MAX]){0}), 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_JOINING);
}
END_TEST

START_TEST(it_outlives_a_restart)
{
	int first;
	struct proxytalk p = begin_busy(_i, &first);

	rig_restart(rig);
	rig_pass_ms(rig, 300);
	assert_syn(&p);
	join(&p, 3);
	go_on(&p);
}
END_TEST

static void
set_mute(void)
{
	set_fail_over(MX_FAIL_OVER_MUTE);
	for (int i = 0; i < RIG_SERVICES; i++)
		rig_plan(rig)->service[i].patience_s = 20;
}

START_TEST(a_mute_mta_is_replaced)
{
	set_mute();
	struct proxytalk p = begin(_i);
	const int first = number_of(&p);
	struct proxytalk old = p;

	rig_pass_ms(rig, 5000);
	rig_flush(rig); /* headers that nobody acknowledges */
	rig_pass_s(rig, 19);
	talk_assert_silence(rig);
	rig_pass_s(rig, 1);
	ck_assert_int_ne(assert_left(&p), first);
	join(&p, others[_i % (int)RTE_DIM(others)]);
	go_on(&p);
	/* Its reset was lost, and it greets late. */
	hear(&old, ACK | PSH, 0, HELLO);
	assert_reset(&old);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].failovers_mute, 1);
	ck_assert_uint_eq(
		rig->count[0].backend[first].unserved[MX_UNSERVED_MUTE], 1);
}
END_TEST

/* The client's own time, five minutes, decides in the end. */
START_TEST(the_last_mta_may_stay_mute)
{
	set_mute();
	struct proxytalk p = begin(0);

	rig_pass_s(rig, 20);
	assert_left(&p);
	join(&p, 7);
	for (int i = 0; i < 4; i++)
		rig_pass_ms(rig, 3000);
	rig_flush(rig); /* ACKs that an MTA under SYN cookies may need */
	rig_pass_s(rig, 20);
	talk_assert_silence(rig);
	rig_pass_s(rig, 330 - 41);
	rig_pass_ms(rig, 300);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	go_on(&p);
}
END_TEST

START_TEST(a_mute_mta_whose_client_never_ends_is_forgotten)
{
	set_mute();
	struct proxytalk p = begin(0);

	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].serves = 0;
	rig_pass_s(rig, 20);
	talk_assert_silence(rig);
	rig_pass_s(rig, 310);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	rig_flush(rig);
	rig_pass_s(rig, FAREWELL_S);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

START_TEST(a_client_that_has_spoken_stays_with_a_mute_mta)
{
	set_mute();
	struct proxytalk p = begin(0);

	proxytalk_expect_in(&p, ACK | PSH, 0, 0, 6);
	rig_pass_s(rig, 20);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rejoin");
	TCase *t = tcase_create("rejoin");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_busy_mta_is_replaced, 0,
			    WAYS * (int)RTE_DIM(others));
	tcase_add_loop_test(t, a_replaced_session_counts_once, 0, WAYS);
	tcase_add_loop_test(t, a_lost_syn_and_a_lost_syn_ack_come_again, 0,
			    WAYS);
	tcase_add_loop_test(t, a_lost_ack_is_sent_again_when_the_mta_asks, 0,
			    WAYS);
	tcase_add_loop_test(
		t, a_silent_or_refusing_mta_is_followed_by_the_third_one, 0,
		2 * WAYS);
	tcase_add_loop_test(t, a_client_of_no_further_mta_is_told, 0, WAYS);
	tcase_add_loop_test(t, the_second_mta_that_is_busy_is_believed, 0,
			    WAYS);
	tcase_add_loop_test(t,
			    the_last_mta_that_ends_without_a_word_is_spoken_for,
			    0, 4 * WAYS);
	tcase_add_loop_test(t, the_first_byte_decides, 0,
			    (int)RTE_DIM(sayings));
	tcase_add_loop_test(t, what_overtakes_the_first_byte_waits, 0, WAYS);
	tcase_add_loop_test(t, a_reset_behind_lost_bytes_passes, 0, WAYS);
	tcase_add_loop_test(t, a_client_that_has_spoken_stays, 0, WAYS);
	tcase_add_loop_test(
		t, an_mta_that_would_not_do_for_the_client_is_not_asked, 0,
		WAYS);
	tcase_add_test(t, the_next_mta_is_offered_what_the_first_one_took);
	tcase_add_loop_test(t, what_the_client_says_meanwhile_waits, 0, WAYS);
	tcase_add_loop_test(t, strangers_join_nothing, 0, WAYS);
	tcase_add_loop_test(t, it_outlives_a_restart, 0, WAYS);
	tcase_add_loop_test(t, a_mute_mta_is_replaced, 0, WAYS);
	tcase_add_test(t, the_last_mta_may_stay_mute);
	tcase_add_test(t, a_mute_mta_whose_client_never_ends_is_forgotten);
	tcase_add_test(t, a_client_that_has_spoken_stays_with_a_mute_mta);
	suite_add_tcase(s, t);
	return s;
}
