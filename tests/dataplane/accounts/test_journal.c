/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker records of its sessions: how MTAs greet them, and how they end.
 * Method: sessions through real worker_poll(), and the records in the ring.  The
 * beginning of a wait is moved back, since the test cannot move the TSC. */
#include <string.h>

#include "ended.h"
#include "joinrig.h"
#include "journal.h"
#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"
#include "ways.h"

static uint64_t tail, lost, ended_tail;

static void
setup(void)
{
	onerig_setup();
	rig->worker[0]->ticks = ticks_of(rte_get_tsc_hz());
	tail = lost = ended_tail = 0;
}

static bool
take(struct mx_event *event)
{
	return mx_event_get(&rig->count[0].events, &tail, event, &lost);
}

/* The next session that is over must be this one, and have ended so. */
static struct mx_ended
expect_end(const struct proxytalk *p, enum mx_end how)
{
	const struct mx_ring_view ring =
		mx_ring_view(rig->ended[0], rig->ended[0]);
	struct mx_ring_missed missed = {0};
	struct mx_ended ended;

	ck_assert(mx_ring_get(&ring, &ended_tail, &ended, &missed));
	ck_assert_uint_eq(ended.how, how);
	ck_assert_uint_eq(ended.backend, p->talk.mta.mac.addr_bytes[5]);
	ck_assert_uint_eq(ended.service, p->talk.service);
	ck_assert(mx_addr_equal(&ended.client, &p->talk.client.ip));
	ck_assert(mx_addr_equal(&ended.vip, &p->talk.vip.ip));
	ck_assert_uint_eq(ended.client_port_be,
			  rte_cpu_to_be_16(p->talk.client.port));
	ck_assert_uint_eq(ended.vip_port_be,
			  rte_cpu_to_be_16(p->talk.vip.port));
	ck_assert_uint_eq(ended.opened_s, 1000);
	ck_assert_uint_ne(ended.began, 0);
	return ended;
}

/* The next record must be of this session, and of that kind. */
static struct mx_event
expect(const struct proxytalk *p, enum mx_event_kind kind, unsigned what)
{
	struct mx_event event;

	ck_assert(take(&event));
	ck_assert_uint_eq(event.kind, kind);
	ck_assert_uint_eq(event.what, what);
	ck_assert_uint_eq(event.backend, p->talk.mta.mac.addr_bytes[5]);
	ck_assert_uint_eq(event.service, p->talk.service);
	ck_assert(mx_addr_equal(&event.client, &p->talk.client.ip));
	ck_assert_uint_eq(event.client_port_be,
			  rte_cpu_to_be_16(p->talk.client.port));
	ck_assert_uint_eq(event.opened_s, 1000);
	return event;
}

static void
expect_none(void)
{
	struct mx_event event;

	ck_assert(!take(&event));
}

/* A session whose client has acknowledged the SYN-ACK; with a header, the MTA has
 * acknowledged that. */
static struct proxytalk
begin(int way)
{
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);

	if (ways[way].service >= RIG_V1_TO4) {
		proxytalk_send_header(&p);
	} else {
		proxytalk_answer(&p);
		proxytalk_expect_in(&p, ACK, 0, 0, 0);
	}
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	expect_none();
	return p;
}

static struct reclaim_link *
link_of(const struct proxytalk *p)
{
	struct worker *w = rig->worker[0];

	return &w->reclaim.link[session_index(&w->sessions,
					      talk_session(&p->talk))];
}

/* The session has waited for so long. */
static void
let_wait(const struct proxytalk *p, uint32_t ms)
{
	const struct ticks *ticks = &rig->worker[0]->ticks;
	const uint64_t back = rte_get_tsc_hz() / 1000 * ms >> ticks->shift;

	ck_assert_uint_ne(link_of(p)->wait, 0);
	link_of(p)->wait = (link_of(p)->wait - (uint32_t)back) & TICKS_MASK;
}

static void
hear(const struct proxytalk *p, uint8_t flags, uint32_t at, const char *text)
{
	struct segment said = proxytalk_back(p, flags, at, 0);

	said.payload = (const uint8_t *)text;
	said.payload_bytes = (uint16_t)strlen(text);
	talk_send(&p->talk, LAN, &said);
	rig_flush(rig);
}

static const struct mx_timing *
timing_of(const struct proxytalk *p)
{
	return &rig->count[0].timing[p->talk.mta.mac.addr_bytes[5]];
}

START_TEST(a_wait_is_from_the_proof_of_the_handshake_to_the_first_byte)
{
	const struct proxytalk p = begin(_i);

	let_wait(&p, 20);
	hear(&p, ACK | PSH, 0, "220 mta ESMTP\r\n");
	const struct mx_event event =
		expect(&p, MX_EVENT_GREETED, MX_GREETING_SERVES);
	ck_assert_uint_ge(event.wait_us, 20000);
	ck_assert_uint_eq(event.flags, MX_EVENT_OWN);
	ck_assert_uint_eq(timing_of(&p)->waits, 1);
	ck_assert_uint_eq(timing_of(&p)->wait_us, event.wait_us);
	ck_assert_uint_eq(
		timing_of(&p)
			->wait[mx_time_bucket(event.wait_us >> MX_WAIT_SHIFT)],
		1);
	/* 250 and the rest change nothing. */
	for (uint32_t at = 15; at < 200; at += 20)
		proxytalk_expect_back(&p, ACK | PSH, at, 0, 20);
	ck_assert_uint_eq(timing_of(&p)->waits, 1);
	expect_none();
}
END_TEST

static const struct {
	const char *text;
	uint8_t flags;
	enum mx_greeting what;
} words[] = {
	{"220 mta ESMTP\r\n", ACK | PSH, MX_GREETING_SERVES},
	{"SSH-2.0-x\r\n", ACK | PSH, MX_GREETING_SERVES},
	{"421 too busy\r\n", ACK | PSH, MX_GREETING_4XX},
	{"421 too busy\r\n", ACK | PSH | FIN, MX_GREETING_4XX},
	{"554 no\r\n", ACK, MX_GREETING_5XX},
	{"", ACK | FIN, MX_GREETING_FIN},
	{"", ACK | RST, MX_GREETING_RST},
};

START_TEST(each_first_word_is_told_apart)
{
	const struct proxytalk p = begin(0);

	let_wait(&p, 2);
	hear(&p, words[_i].flags, 0, words[_i].text);
	const struct mx_event event =
		expect(&p, MX_EVENT_GREETED, words[_i].what);
	ck_assert_uint_ge(event.wait_us, 2000);
	ck_assert_uint_eq(timing_of(&p)->greeting[words[_i].what], 1);
	/* A refusal is quick: it is no wait for a greeting. */
	ck_assert_uint_eq(timing_of(&p)->waits,
			  words[_i].what == MX_GREETING_SERVES);
}
END_TEST

START_TEST(what_overtakes_the_first_word_is_none)
{
	const struct proxytalk p = begin(0);

	hear(&p, ACK | PSH, 10, "421 in the middle of something\r\n");
	expect_none();
}
END_TEST

START_TEST(a_word_that_another_host_may_have_sent_is_not_the_mtas_own)
{
	struct proxytalk p = begin(0);

	rig->active->backend_ports |= 1u << WAN;
	p.talk.mta.mac.addr_bytes[4] ^= 1;
	if (_i == 0) {
		hear(&p, ACK | RST, 0, "");
		expect_none();
		return;
	}
	hear(&p, ACK | PSH, 0, "421 too busy\r\n");
	p.talk.mta.mac.addr_bytes[4] ^= 1;
	ck_assert_uint_eq(expect(&p, MX_EVENT_GREETED, MX_GREETING_4XX).flags,
			  0);
}
END_TEST

START_TEST(a_session_that_is_not_greeted_tells_how_long_it_waited)
{
	const struct proxytalk p = begin(_i);

	let_wait(&p, 20000);
	journal_unserved(rig->worker[0], talk_session(&p.talk),
			 MX_UNSERVED_MUTE, true);
	ck_assert_uint_ge(
		expect(&p, MX_EVENT_UNSERVED, MX_UNSERVED_MUTE).wait_us,
		20000000);
	/* It waits on. */
	let_wait(&p, 20000);
	hear(&p, ACK | PSH, 0, "220 mta ESMTP\r\n");
	ck_assert_uint_ge(
		expect(&p, MX_EVENT_GREETED, MX_GREETING_SERVES).wait_us,
		40000000);
}
END_TEST

START_TEST(a_client_that_spoke_first_may_be_the_cause_of_a_reset)
{
	const struct proxytalk p = begin(0);

	talk_session(&p.talk)->flags |= MX_SESSION_EARLY;
	hear(&p, ACK | RST, 0, "");
	ck_assert_uint_eq(expect(&p, MX_EVENT_GREETED, MX_GREETING_RST).flags,
			  0);
}
END_TEST

/* mxsteer ignores a segment with an old ACK.  The MTA may accept its data. */
START_TEST(a_client_that_the_mta_has_heard_may_be_the_cause)
{
	const struct proxytalk p = begin(_i / 2);
	const uint32_t got = _i % 2 == 1;
	struct segment said = proxytalk_back(&p, ACK | PSH, 0, got);

	let_wait(&p, 2);
	said.payload = (const uint8_t *)"554 no\r\n";
	said.payload_bytes = 8;
	talk_send(&p.talk, LAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(expect(&p, MX_EVENT_GREETED, MX_GREETING_5XX).flags,
			  got > 0 ? 0 : MX_EVENT_OWN);
}
END_TEST

START_TEST(a_client_that_ends_its_side_first_leaves_no_record)
{
	static const uint8_t ends[] = {ACK | FIN, ACK | RST};
	const struct proxytalk p = begin(_i / 2);
	const struct segment end = proxytalk_in(&p, ACK | FIN, 0, 0);
	struct mx_event event;

	talk_send(&p.talk, WAN, &end);
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLIENT_FIN);
	hear(&p, ends[_i % 2], 0, "");
	ck_assert(!take(&event));
}
END_TEST

START_TEST(a_session_that_both_close_tells_what_it_carried)
{
	const struct proxytalk p = begin(_i);

	hear(&p, ACK | PSH, 0, "220 mta ESMTP\r\n");
	const uint32_t wait_us =
		expect(&p, MX_EVENT_GREETED, MX_GREETING_SERVES).wait_us;
	rig->worker[0]->now_s += 5;
	proxytalk_expect_in(&p, ACK | PSH, 0, 15, 100);
	proxytalk_expect_back(&p, ACK | PSH, 15, 100, 85);
	proxytalk_expect_in(&p, ACK | FIN, 100, 100, 0);
	expect_none();
	proxytalk_expect_back(&p, ACK | FIN, 100, 101, 0);
	const struct mx_ended ended = expect_end(&p, MX_END_CLOSED);
	ck_assert_uint_eq(ended.flags, MX_ENDED_BYTES);
	ck_assert_uint_eq(ended.bytes_in, 100); /* without the FIN */
	ck_assert_uint_eq(ended.bytes_out, 100);
	ck_assert_uint_eq(ended.wait_us, wait_us);
	ck_assert_uint_eq(ended.at_s, 1005);
	ck_assert_uint_eq(timing_of(&p)->length[mx_time_bucket(5)], 1);
	proxytalk_free(&p);
	expect_none();
}
END_TEST

/* The client's FIN crosses the MTA's, or acknowledges it. */
START_TEST(no_fin_counts_as_a_byte)
{
	const struct proxytalk p = begin(_i / 2);

	hear(&p, ACK | PSH, 0, "220 mta ESMTP\r\n");
	proxytalk_expect_in(&p, ACK | PSH, 0, 15, 100);
	proxytalk_expect_back(&p, ACK | PSH | FIN, 15, 100, 85);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_BACKEND_FIN);
	proxytalk_expect_in(&p, ACK | FIN, 100, 100u + (_i % 2 == 1), 0);
	const struct mx_ended ended = expect_end(&p, MX_END_CLOSED);
	ck_assert_uint_eq(ended.flags, MX_ENDED_BYTES);
	ck_assert_uint_eq(ended.bytes_in, 100);
	ck_assert_uint_eq(ended.bytes_out, 100);
	proxytalk_free(&p);
}
END_TEST

START_TEST(a_reset_of_the_mta_and_the_end_of_a_timer_are_told_apart)
{
	const struct proxytalk p = begin(0);

	hear(&p, ACK | PSH, 0, "220 mta ESMTP\r\n");
	expect(&p, MX_EVENT_GREETED, MX_GREETING_SERVES);
	if (_i == 0)
		hear(&p, ACK | RST, 15, "");
	else
		rig_pass_s(rig, 2000);
	expect_end(&p, _i == 0 ? MX_END_BACKEND_RESET : MX_END_SILENT);
	rig_flush(rig);
}
END_TEST

/* Its client's segment is the RST that the backend answers. */
START_TEST(a_session_that_the_operator_ends_was_not_reset_by_its_client)
{
	const struct proxytalk p = begin(0);
	const struct mx_session *s = talk_session(&p.talk);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 15);

	hear(&p, ACK | PSH, 0, "220 mta ESMTP\r\n");
	expect(&p, MX_EVENT_GREETED, MX_GREETING_SERVES);
	rig_end(rig, s->backend, s->opened_s);
	said.payload_bytes = 10;
	talk_send(&p.talk, WAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_DOUBTED);
	hear(&p, ACK | RST, 15, "");
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
	expect_end(&p, MX_END_GIVEN_UP);
}
END_TEST

/* With nat the MTA sees an address that nobody has proven: it may have a reason
 * to refuse that one. */
START_TEST(a_refused_handshake_leaves_a_session_unserved)
{
	const enum rig_service service = ways[_i].service;
	const bool nat =
		rig_plan(rig)->service[service].forward == MX_FORWARD_NAT;
	struct proxytalk p = proxytalk_make(rig, service, ways[_i].six);

	proxytalk_syn(&p);
	struct segment said = talk_back(&p.talk, RST | ACK);
	said.seq = 0;
	said.ack = p.c + 1;
	talk_send(&p.talk, LAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(
		expect(&p, MX_EVENT_UNSERVED, MX_UNSERVED_REFUSED).flags,
		nat ? 0 : MX_EVENT_OWN);
	/* It has not begun, so it does not end. */
	expect_none();
}
END_TEST

static void
setup_joins(void)
{
	joinrig_setup();
	rig->worker[0]->ticks = ticks_of(rte_get_tsc_hz());
	tail = lost = 0;
}

START_TEST(each_mta_that_does_not_answer_its_syn_is_silent_once)
{
	struct worker *w = rig->worker[0];

	for (uint32_t i = 0; i < w->sessions.count; i++)
		w->reclaim.link[i].wait = JOURNAL_TOLD; /* of old sessions */
	struct proxytalk p = joinrig_begin(_i);

	rig_pass_ms(rig, 300);
	joinrig_hear_syn(&p);
	expect_none();
	for (uint32_t ms = 600; ms <= 1200; ms *= 2) {
		struct proxytalk silent = p;

		rig_pass_ms(rig, ms);
		joinrig_hear_syn(&p);
		ck_assert_uint_eq(
			expect(&silent, MX_EVENT_UNSERVED, MX_UNSERVED_SILENT)
				.flags,
			MX_EVENT_OWN);
		expect_none();
	}
	for (int i = 0; i < 3; i++)
		rig_pass_ms(rig, 3000);
	rig_flush(rig);
	expect(&p, MX_EVENT_UNSERVED, MX_UNSERVED_SILENT);
	expect_none();
}
END_TEST

/* After a restart no MAC address may be known yet. */
START_TEST(an_mta_that_got_no_syn_is_not_silent)
{
	const struct proxytalk p = joinrig_begin(_i);
	const int id = p.talk.mta.mac.addr_bytes[5];
	const struct mx_flow_count *count = &rig->count[0].backend[id];

	rig_restart(rig);
	for (int i = 1; i <= 6; i++)
		rig_plan(rig)->backend[i].resolved = 0;
	rig_pass_ms(rig, 300);
	rig_pass_ms(rig, 600);
	talk_assert_silence(rig);
	expect_none();
	ck_assert_uint_eq(count->unserved[MX_UNSERVED_SILENT], 0);
	/* Now it is asked. */
	rig_plan(rig)->backend[id].resolved = 1;
	rig_pass_ms(rig, 1200);
	expect_none();
	rig_pass_ms(rig, 3000);
	ck_assert_uint_eq(
		expect(&p, MX_EVENT_UNSERVED, MX_UNSERVED_SILENT).flags,
		MX_EVENT_OWN);
	rig_flush(rig);
}
END_TEST

/* Its slot has the marks of the session that was there before. */
START_TEST(a_slot_knows_nothing_of_its_last_session)
{
	struct worker *w = rig->worker[0];
	struct proxytalk p = joinrig_begin(_i);

	journal_assign(w, talk_session(&p.talk));
	ck_assert(!journal_silent(w, talk_session(&p.talk), true));
	expect_none();
	journal_ask(w, talk_session(&p.talk));
	ck_assert(journal_silent(w, talk_session(&p.talk), true));
	expect(&p, MX_EVENT_UNSERVED, MX_UNSERVED_SILENT);
	journal_ask(w, talk_session(&p.talk));
	ck_assert(!journal_silent(w, talk_session(&p.talk), true));
	expect_none();
}
END_TEST

START_TEST(silence_to_an_unproven_client_of_nat_is_not_the_mtas_own)
{
	const enum rig_service service = ways[_i].service;
	const bool nat =
		rig_plan(rig)->service[service].forward == MX_FORWARD_NAT;
	struct proxytalk p = proxytalk_make(rig, service, ways[_i].six);

	rig_plan(rig)->service[service].fail_over = MX_FAIL_OVER_SILENT;
	proxytalk_syn(&p);
	rig_pass_ms(rig, 300);
	rig_pass_ms(rig, 600);
	rig_flush(rig);
	ck_assert_uint_eq(
		expect(&p, MX_EVENT_UNSERVED, MX_UNSERVED_SILENT).flags,
		nat ? 0 : MX_EVENT_OWN);
	expect_none();
}
END_TEST

START_TEST(a_peak_stays_when_its_sessions_have_ended)
{
	const enum rig_service service = RIG_FULLNAT_TO4;

	for (uint16_t i = 0; i < 5; i++)
		onerig_open((uint16_t)(5000 + i));
	rig_pass_s(rig, 2000);
	rig_flush(rig);
	onerig_open(6000);
	ck_assert_uint_eq(rig->count[0].peak[service], 5);
}
END_TEST

START_TEST(a_time_in_ticks_is_as_long_as_in_microseconds)
{
	static const uint64_t hz[] = {1000000,    24000000,   1999999999,
				      2000000000, 3500000000, 4000000001};
	const struct ticks ticks = ticks_of(hz[_i]);
	const uint64_t second = hz[_i] >> ticks.shift;

	ck_assert_uint_ge(second, 1000000);
	ck_assert_uint_lt(second, 2000000);
	ck_assert_uint_le(ticks_us(&ticks, TICKS_MASK - 5,
				   (uint32_t)(second - 6) & TICKS_MASK),
			  1000000);
	ck_assert_uint_ge(ticks_us(&ticks, 7, (uint32_t)second + 7), 999998);
	ck_assert_uint_eq(ticks_us(&ticks, 7, 7), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t, a_wait_is_from_the_proof_of_the_handshake_to_the_first_byte,
		0, WAYS);
	tcase_add_loop_test(t, each_first_word_is_told_apart, 0,
			    RTE_DIM(words));
	tcase_add_test(t, what_overtakes_the_first_word_is_none);
	tcase_add_loop_test(
		t, a_word_that_another_host_may_have_sent_is_not_the_mtas_own,
		0, 2);
	tcase_add_loop_test(
		t, a_session_that_is_not_greeted_tells_how_long_it_waited, 0,
		WAYS);
	tcase_add_test(t,
		       a_client_that_spoke_first_may_be_the_cause_of_a_reset);
	tcase_add_loop_test(t, a_client_that_the_mta_has_heard_may_be_the_cause,
			    0, 2 * WAYS);
	tcase_add_loop_test(t,
			    a_client_that_ends_its_side_first_leaves_no_record,
			    0, 2 * WAYS);
	tcase_add_loop_test(t, a_session_that_both_close_tells_what_it_carried,
			    0, WAYS);
	tcase_add_loop_test(t, no_fin_counts_as_a_byte, 0, 2 * WAYS);
	tcase_add_loop_test(
		t, a_reset_of_the_mta_and_the_end_of_a_timer_are_told_apart, 0,
		2);
	tcase_add_test(
		t,
		a_session_that_the_operator_ends_was_not_reset_by_its_client);
	tcase_add_loop_test(t, a_refused_handshake_leaves_a_session_unserved, 0,
			    WAYS);
	tcase_add_loop_test(
		t, silence_to_an_unproven_client_of_nat_is_not_the_mtas_own, 0,
		WAYS);
	tcase_add_test(t, a_peak_stays_when_its_sessions_have_ended);
	tcase_add_loop_test(t, a_time_in_ticks_is_as_long_as_in_microseconds, 0,
			    6);
	suite_add_tcase(s, t);
	t = tcase_create("joins");
	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup_joins, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t, each_mta_that_does_not_answer_its_syn_is_silent_once, 0,
		WAYS);
	tcase_add_loop_test(t, an_mta_that_got_no_syn_is_not_silent, 0, WAYS);
	tcase_add_loop_test(t, a_slot_knows_nothing_of_its_last_session, 0,
			    WAYS);
	suite_add_tcase(s, t);
	return s;
}
