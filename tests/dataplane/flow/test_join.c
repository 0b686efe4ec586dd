/* SPDX-License-Identifier: BSD-3-Clause */
/* A client that mxsteer answered by a cookie gets a backend, and neither end
 * notices who made the handshake.
 * Method: sessions through real worker_poll(); the test is the client, the MTAs
 * and the clock.  Numbers lie where 32 bits wrap.  Strangers try the same. */
#include <string.h>

#include "failover.h"
#include "greet.h"
#include "joinrig.h"
#include "limitrig.h"
#include "onerig.h"
#include "proxytalk.h"
#include "refuserig.h"
#include "runner.h"
#include "ways.h"

static uint8_t out[FRAME_MAX];

START_TEST(a_client_with_a_cookie_gets_a_session)
{
	struct proxytalk p = joinrig_begin(_i);

	joinrig_go_on(&p);
	ck_assert_uint_eq(rig->count[0].joins, 1);
	ck_assert_uint_eq(rig->count[0].synacks_proven, 1);
	/* Nothing is said again, to either end. */
	rig_pass_ms(rig, 20000);
	talk_assert_silence(rig);
	rig_restart(rig);
	proxytalk_expect_in(&p, ACK | PSH, 27, 130, 20);
}
END_TEST

START_TEST(a_flood_of_syns_takes_no_session)
{
	for (uint32_t i = 1; i <= 10000; i++) {
		struct segment syn = {
			.from = talk_client(i & 1, (uint16_t)i),
			.to = rig_vip_of(RIG_FULLNAT_TO4, i & 1),
			.flags = SYN,
			.seq = i * 7919,
		};

		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
		rig_flush(rig);
	}
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].synacks, 10000);
	struct proxytalk p = joinrig_begin(0);
	joinrig_go_on(&p);
}
END_TEST

/* What nobody was given opens nothing, and moves nothing. */
START_TEST(a_forged_ack_opens_nothing)
{
	struct proxytalk p = joinrig_call(_i);
	const struct segment good = proxytalk_in(&p, ACK, 0, 0);
	const struct {
		uint32_t seq, ack;
		uint16_t port;
		uint8_t flags;
	} forged[] = {
		{1, 0, 0, ACK},          {0, 1, 0, ACK},
		{0, 0x100, 0, ACK},      {UINT32_MAX, 0, 0, ACK},
		{0, UINT32_MAX, 0, ACK}, {0, 0, 1, ACK},
		{0, 1u << 31, 0, ACK},   {0, 0, 0, SYN | ACK},
		{0, 0, 0, RST | ACK},    {0, 0, 0, PSH},
	};

	for (size_t i = 0; i < RTE_DIM(forged); i++) {
		struct segment bad = good;

		bad.seq += forged[i].seq;
		bad.ack += forged[i].ack;
		bad.from.port = (uint16_t)(bad.from.port + forged[i].port);
		bad.flags = forged[i].flags;
		talk_send(&p.talk, WAN, &bad);
		ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
		rig_flush(rig);
	}
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].joins, 0);
	joinrig_acknowledge(&p);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

START_TEST(a_refused_client_goes_to_another_mta)
{
	struct proxytalk p = joinrig_begin(_i);
	struct segment rst = talk_back(&p.talk, RST | ACK);

	for (int i = 0; i < FAILOVERS_MAX; i++) {
		rst = talk_back(&p.talk, RST | ACK);
		rst.seq = 0;
		rst.ack = p.c + 1;
		talk_send(&p.talk, LAN, &rst);
		joinrig_hear_syn(&p);
	}
	joinrig_go_on(&p);
}
END_TEST

/* The client gets a line of SMTP where it waits for a greeting, and the MTA is
 * let go. */
static void
hear_words(const struct proxytalk *p, const char *words)
{
	const struct segment left = talk_next(rig, WAN);

	ck_assert_uint_eq(left.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(left.seq, p->b - p->talk.ack_shift + 1);
	ck_assert_uint_eq(left.ack, p->c + 1);
	ck_assert_mem_eq(left.payload, words, strlen(words));
	ck_assert_uint_eq(talk_next(rig, LAN).flags, RST);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_REFUSED);
}

static void
hear_text(const struct proxytalk *p)
{
	hear_words(p, "421 4.3.2 ");
}

START_TEST(a_client_that_no_mta_takes_is_told_so)
{
	struct proxytalk p = joinrig_begin(_i);

	for (int i = 0; i <= FAILOVERS_MAX; i++) {
		struct segment rst = talk_back(&p.talk, RST | ACK);

		rst.seq = 0;
		rst.ack = p.c + 1;
		talk_send(&p.talk, LAN, &rst);
		if (i < FAILOVERS_MAX)
			joinrig_hear_syn(&p);
	}
	hear_text(&p);
	ck_assert_uint_eq(rig->count[0].joins_failed, 1);
}
END_TEST

/* Both of its sessions wait for their MTAs when the first one is answered. */
START_TEST(a_client_over_its_limit_is_told_when_its_mta_answers)
{
	struct mx_client_limits some = limitrig_limits(1, 0);

	some.answer = MX_ANSWER_421;
	rig_set_limits(rig, &some);
	refuserig_set_answer(MX_ANSWER_RESET);
	struct proxytalk p = joinrig_begin(_i);
	struct proxytalk other = p;
	other.talk.client.port++;
	struct segment said = joinrig_with_options(talk_in(&other.talk, SYN),
						   joinrig_offered);
	said.seq = other.c;
	talk_send(&other.talk, WAN, &said);
	said = talk_next(rig, WAN);
	other.talk.ack_shift = other.b - said.seq;
	joinrig_acknowledge(&other);
	joinrig_hear_syn(&other);
	joinrig_answer(&other, joinrig_answered);
	rig_flush(rig);
	joinrig_answer(&p, joinrig_answered);
	hear_words(&p, TEXT_CLIENT);
	ck_assert_uint_eq(talk_state(&other.talk), MX_SESSION_GREETING);
	ck_assert_uint_eq(refuserig_told(ways[_i].service, MX_ANSWER_421,
					 MX_DROP_CLIENT_LIMIT),
			  1);
	/* It counts once. */
	ck_assert_uint_eq(
		rig->count[0].refused[ways[_i].service][MX_DROP_CLIENT_LIMIT],
		0);
}
END_TEST

START_TEST(a_silent_mta_is_asked_again_and_then_another)
{
	struct proxytalk p = joinrig_begin(_i);
	const int first = p.talk.mta.mac.addr_bytes[5];

	rig_pass_ms(rig, 299);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 1);
	ck_assert_int_eq(joinrig_hear_syn(&p), first);
	rig_pass_ms(rig, 600);
	const int second = joinrig_hear_syn(&p);
	ck_assert_int_ne(second, first);
	rig_pass_ms(rig, 1200);
	const int third = joinrig_hear_syn(&p);
	ck_assert_int_ne(third, second);
	rig_pass_ms(rig, 3000);
	ck_assert_int_eq(joinrig_hear_syn(&p), third);
	joinrig_go_on(&p);
}
END_TEST

START_TEST(a_client_is_told_before_its_timer_ends)
{
	struct proxytalk p = joinrig_begin(_i);

	rig_pass_ms(rig, 300);
	rig_pass_ms(rig, 600);
	rig_pass_ms(rig, 1200);
	rig_flush(rig);
	rig_pass_s(rig, 28);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_pass_ms(rig, 3000);
	hear_text(&p);
}
END_TEST

/* The client's bytes have nowhere to go yet.  It sends them again. */
START_TEST(what_comes_before_the_mta_waits)
{
	struct proxytalk p = joinrig_begin(_i);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 17;
	said.payload = (const uint8_t *)"EHLO early.test\r\n";
	talk_send(&p.talk, WAN, &said);
	talk_assert_silence(rig);
	said = proxytalk_in(&p, ACK | FIN, 0, 0);
	talk_send(&p.talk, WAN, &said);
	said = proxytalk_in(&p, SYN, 0, 0);
	said.seq--;
	talk_send(&p.talk, WAN, &said);
	said = proxytalk_in(&p, RST, 1, 0);
	talk_send(&p.talk, WAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_WAITING), 4);
	joinrig_go_on(&p);
}
END_TEST

/* Clients that speak while their MTA is asked. */
START_TEST(an_early_talker_counts_once_before_its_mta_has_joined)
{
	const enum rig_service service = ways[_i].service;

	rig_plan(rig)->service[service].early = MX_EARLY_COUNT;
	struct proxytalk p = joinrig_begin(_i);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 17;
	for (int i = 0; i < 3; i++)
		talk_send(&p.talk, WAN, &said);
	said.seq += 17;
	talk_send(&p.talk, WAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].early[service], 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_WAITING), 4);
	joinrig_go_on(&p);
	ck_assert_uint_eq(rig->count[0].early[service], 1);
	/* `show clients` has its address. */
	uint64_t rows = 0;
	for (int i = 0; i < MX_REFUSED_CLIENTS_MAX; i++) {
		const struct mx_refused_client *row =
			&rig->count[0].refused_client[i];

		if (row->bits == 0)
			continue;
		ck_assert(mx_addr_equal(&row->addr, &p.talk.client.ip));
		ck_assert_uint_eq(row->early, 1);
		ck_assert_uint_eq(row->count, 0);
		rows++;
	}
	ck_assert_uint_eq(rows, 1);
}
END_TEST

START_TEST(an_early_talker_is_refused_before_its_mta_has_joined)
{
	const enum rig_service service = ways[_i].service;

	rig_plan(rig)->service[service].early = MX_EARLY_REFUSE;
	struct proxytalk p = joinrig_begin(_i);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 17;
	talk_send(&p.talk, WAN, &said);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(left.ack, p.c + 18);
	ck_assert_mem_eq(left.payload, "554 5.5.1 ", 10);
	ck_assert_uint_eq(talk_next(rig, LAN).flags, RST);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	/* The MTA answers after all, and is let go again. */
	rig->worker[0]->resets.from_s = 0;
	joinrig_answer(&p, joinrig_answered);
	ck_assert_uint_eq(talk_next(rig, LAN).flags, RST);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(the_reset_of_a_client_reaches_the_mta)
{
	struct proxytalk p = joinrig_begin(_i);
	struct segment said = proxytalk_in(&p, RST, 0, 0);

	talk_send(&p.talk, WAN, &said);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p.c + 1);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
	rig_pass_ms(rig, 20000);
	talk_assert_silence(rig);
}
END_TEST

/* The ACK that ends the MTA's handshake was lost. */
START_TEST(a_repeated_answer_is_answered_again_and_hidden)
{
	struct proxytalk p = joinrig_begin(_i);

	joinrig_answer(&p, joinrig_answered);
	joinrig_assert_joined(&p);
	joinrig_answer(&p, joinrig_answered);
	joinrig_assert_joined(&p);
	proxytalk_expect_back(&p, ACK | PSH, 0, 0, 30);
	joinrig_answer(&p, joinrig_answered);
	talk_assert_silence(rig);
	proxytalk_expect_in(&p, ACK | PSH, 0, 30, 17);
}
END_TEST

/* An MTA under SYN cookies of its own says its SYN-ACK once. */
START_TEST(the_end_of_the_handshake_is_said_until_the_mta_speaks)
{
	struct proxytalk p = joinrig_begin(_i);

	joinrig_answer(&p, joinrig_answered);
	joinrig_assert_joined(&p);
	rig_pass_ms(rig, 300);
	joinrig_assert_joined(&p);
	proxytalk_expect_back(&p, ACK | PSH, 0, 0, 30);
	rig_pass_ms(rig, 20000);
	talk_assert_silence(rig);
}
END_TEST

/* Each of these says less than the client was told. */
START_TEST(an_mta_that_does_not_fit_is_left)
{
	static const uint8_t less[][12] = {
		{2, 4, 0x05, 0x4f, 1, 3, 3, 9, 1, 1, 4, 2},
		{2, 4, 0x05, 0x50, 1, 3, 3, 8, 1, 1, 4, 2},
		{2, 4, 0x05, 0x50, 1, 1, 1, 1, 1, 1, 4, 2},
		{2, 4, 0x05, 0x50, 1, 3, 3, 9, 1, 1, 1, 1},
	};
	struct proxytalk p = joinrig_begin(_i % WAYS);

	joinrig_answer(&p, less[_i / WAYS]);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p.c + 1);
	joinrig_hear_syn(&p);
	ck_assert_uint_eq(rig->count[0].joins_mismatched, 1);
	joinrig_go_on(&p);
}
END_TEST

/* A backend that holds an older connection of the local port. */
START_TEST(an_older_connection_of_the_mta_is_reset)
{
	struct proxytalk p = joinrig_begin(_i);
	struct segment said = talk_back(&p.talk, ACK);

	said.seq = 777;
	said.ack = p.c - 5000;
	talk_send(&p.talk, LAN, &said);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p.c - 5000);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 300);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

START_TEST(a_restart_asks_the_mta_again)
{
	struct proxytalk p = joinrig_begin(_i);

	rig_restart(rig);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_pass_ms(rig, 300);
	joinrig_hear_syn(&p);
	joinrig_teach();
	joinrig_go_on(&p);
}
END_TEST

START_TEST(a_cookie_outlives_a_restart_and_the_setting)
{
	struct proxytalk p = joinrig_call(_i);

	rig_restart(rig);
	rig_plan(rig)->service[ways[_i].service].cookies = MX_COOKIES_NEVER;
	joinrig_acknowledge(&p);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

/* Before anything is known, SYNs that offer everything are passed on to learn,
 * one a second. */
START_TEST(a_syn_is_passed_on_to_learn)
{
	memset(&rig->worker[0]->profiles, 0, sizeof(struct profiles));
	profiles_renew(&rig->worker[0]->profiles);
	struct proxytalk p =
		proxytalk_make(rig, ways[_i].service, ways[_i].six);
	struct segment said =
		joinrig_with_options(talk_in(&p.talk, SYN), joinrig_offered);

	said.seq = p.c;
	talk_send(&p.talk, WAN, &said);
	const struct segment sent = talk_next(rig, LAN);
	p.talk.local = sent.from;
	p.talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	said.from.port++;
	talk_send(&p.talk, WAN, &said);
	ck_assert_uint_eq(talk_next(rig, WAN).option_bytes, 4);
	talk_assert_silence(rig);
	joinrig_answer(&p, joinrig_answered);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, SYN | ACK);
	rig_pass_s(rig, 1);
	said.from.port++;
	talk_send(&p.talk, WAN, &said);
	const struct segment synack = talk_next(rig, WAN);
	ck_assert_uint_eq(synack.option_bytes, 12);
	ck_assert_mem_eq(synack.option, joinrig_answered, 12);
}
END_TEST

/* A short outage is bridged by the SYN-ACK that is said again. */
START_TEST(a_client_waits_for_an_mta_that_comes_back)
{
	struct proxytalk p = joinrig_call(_i);

	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	joinrig_acknowledge(&p);
	talk_assert_silence(rig);
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	rig_pass_ms(rig, 1000);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, SYN | ACK);
	joinrig_acknowledge(&p);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

/* It asks for a window if its first ACK was lost. */
START_TEST(a_client_of_implicit_tls_gets_its_window_when_the_mta_has_joined)
{
	struct mx_service *service = &rig_plan(rig)->service[RIG_FULLNAT_TO4];

	service->implicit_tls = 1;
	struct proxytalk p = proxytalk_make(rig, RIG_FULLNAT_TO4, false);
	struct segment said =
		joinrig_with_options(talk_in(&p.talk, SYN), joinrig_offered);
	said.seq = p.c;
	talk_send(&p.talk, WAN, &said);
	const struct segment synack = talk_next(rig, WAN);
	ck_assert_uint_eq(synack.window, 0);
	p.talk.ack_shift = p.b - synack.seq;
	said = proxytalk_in(&p, ACK, 0, 0);
	if (_i == 1)
		said.seq--;
	talk_send(&p.talk, WAN, &said);
	joinrig_hear_syn(&p);
	struct segment back = joinrig_with_options(
		talk_back(&p.talk, SYN | ACK), joinrig_answered);
	back.seq = p.b;
	back.ack = p.c + 1;
	back.window = 51200;
	talk_send(&p.talk, LAN, &back);
	const struct segment update = talk_next(rig, WAN);
	ck_assert_uint_eq(update.flags, ACK);
	ck_assert_uint_eq(update.seq, synack.seq + 1);
	ck_assert_uint_eq(update.ack, p.c + 1);
	ck_assert_uint_eq(update.window, 51200 >> 9);
	joinrig_assert_joined(&p);
	proxytalk_expect_in(&p, ACK | PSH, 0, 0, 200);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("join");
	TCase *t = tcase_create("join");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, joinrig_setup, onerig_teardown);
	tcase_add_loop_test(t, a_client_with_a_cookie_gets_a_session, 0, WAYS);
	tcase_add_test(t, a_flood_of_syns_takes_no_session);
	tcase_add_loop_test(t, a_forged_ack_opens_nothing, 0, WAYS);
	tcase_add_loop_test(t, a_refused_client_goes_to_another_mta, 0, WAYS);
	tcase_add_loop_test(t, a_client_that_no_mta_takes_is_told_so, 0, WAYS);
	tcase_add_loop_test(
		t, a_client_over_its_limit_is_told_when_its_mta_answers, 0,
		WAYS);
	tcase_add_loop_test(t, a_silent_mta_is_asked_again_and_then_another, 0,
			    WAYS);
	tcase_add_loop_test(t, a_client_is_told_before_its_timer_ends, 0, WAYS);
	tcase_add_loop_test(t, what_comes_before_the_mta_waits, 0, WAYS);
	tcase_add_loop_test(
		t, an_early_talker_counts_once_before_its_mta_has_joined, 0,
		WAYS);
	tcase_add_loop_test(
		t, an_early_talker_is_refused_before_its_mta_has_joined, 0,
		WAYS);
	tcase_add_loop_test(t, the_reset_of_a_client_reaches_the_mta, 0, WAYS);
	tcase_add_loop_test(t, a_repeated_answer_is_answered_again_and_hidden,
			    0, WAYS);
	tcase_add_loop_test(
		t, the_end_of_the_handshake_is_said_until_the_mta_speaks, 0,
		WAYS);
	tcase_add_loop_test(t, an_mta_that_does_not_fit_is_left, 0, 4 * WAYS);
	tcase_add_loop_test(t, an_older_connection_of_the_mta_is_reset, 0,
			    WAYS);
	tcase_add_loop_test(t, a_restart_asks_the_mta_again, 0, WAYS);
	tcase_add_loop_test(t, a_cookie_outlives_a_restart_and_the_setting, 0,
			    WAYS);
	tcase_add_loop_test(t, a_syn_is_passed_on_to_learn, 0, WAYS);
	tcase_add_loop_test(t, a_client_waits_for_an_mta_that_comes_back, 0,
			    WAYS);
	tcase_add_loop_test(
		t,
		a_client_of_implicit_tls_gets_its_window_when_the_mta_has_joined,
		0, 2);
	suite_add_tcase(s, t);
	return s;
}
