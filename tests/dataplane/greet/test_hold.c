/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that wait before their MTA is asked: what they say meanwhile is found,
 * and nothing is lost by the delay.
 * Method: sessions through real worker_poll(); the test is the client, the MTAs
 * and the clock. */
#include <rte_tcp.h>

#include "clients.h"
#include "failover.h"
#include "hold.h"
#include "joinrig.h"
#include "limit.h"
#include "limitrig.h"
#include "refuserig.h"
#include "runner.h"
#include "sweep.h"
#include "ways.h"

#define DELAY_S 3
#define TEXT "554 5.5.1 " HOST " you spoke out of your turn\r\n"

static void
set_early(enum mx_early early, uint32_t delay_s)
{
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service = &rig_plan(rig)->service[i];

		if (mx_forward_is_direct(service->forward))
			continue;
		service->early = (uint8_t)early;
		service->delay_s = delay_s;
	}
}

static void
setup(void)
{
	joinrig_setup();
	refuserig_set_answer(MX_ANSWER_421);
	set_early(MX_EARLY_DELAY, DELAY_S);
}

/* A client that waits. */
static struct proxytalk
begin(int way)
{
	struct proxytalk p = joinrig_call(way);

	joinrig_acknowledge(&p);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	return p;
}

/* A session that is held has no MTA yet, so that only its client finds it. */
static uint8_t
state(void)
{
	const struct mx_session *s = rig->worker[0]->sessions.file->session;

	while (atomic_load(&s->state) == MX_SESSION_FREE)
		s++;
	return atomic_load(&s->state);
}

static void
say(const struct proxytalk *p, uint8_t flags, uint32_t at, uint16_t bytes)
{
	struct segment said = proxytalk_in(p, flags, at, 0);

	said.payload_bytes = bytes;
	talk_send(&p->talk, WAN, &said);
}

static uint64_t
early(int way)
{
	return rig->count[0].early[ways[way].service];
}

static void
end_all(void)
{
	struct worker *w = rig->worker[0];

	for (uint32_t i = 0; i < w->sessions.count; i++)
		if (atomic_load(&w->sessions.file->session[i].state) !=
		    MX_SESSION_FREE)
			worker_session_end(w, &w->sessions.file->session[i]);
}

/* The delay is over a second later at the latest. */
static void
outlast(void)
{
	rig_pass_s(rig, DELAY_S);
	talk_assert_silence(rig);
	rig_pass_s(rig, 1);
}

START_TEST(a_client_waits_and_then_joins)
{
	struct proxytalk p = begin(_i);

	ck_assert_uint_eq(state(), MX_SESSION_HELD);
	ck_assert_uint_eq(rig->count[0].joins, 0);
	outlast();
	joinrig_hear_syn(&p);
	ck_assert_uint_eq(rig->count[0].joins, 1);
	joinrig_go_on(&p);
	ck_assert_uint_eq(early(_i), 0);
	ck_assert_uint_eq(rig->worker[0]->reclaim.held[ways[_i].service].oldest,
			  SESSION_NONE);
}
END_TEST

/* Its data has nowhere to go: the client sends it again. */
START_TEST(what_is_said_meanwhile_counts_once)
{
	struct proxytalk p = begin(_i);

	say(&p, ACK | PSH, 5, 12);
	say(&p, ACK | PSH, 0, 17);
	rig_pass_s(rig, 1);
	say(&p, ACK | PSH, 0, 17);
	talk_assert_silence(rig);
	ck_assert_uint_eq(early(_i), 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_WAITING), 3);
	rig_pass_s(rig, DELAY_S);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
	ck_assert_uint_eq(early(_i), 1);
}
END_TEST

/* As postscreen, which does not look at a client that only ends its half. */
START_TEST(what_says_nothing_does_not_count)
{
	struct proxytalk p = begin(_i);
	struct segment syn =
		joinrig_with_options(talk_in(&p.talk, SYN), joinrig_offered);

	say(&p, ACK, 0, 0);
	say(&p, ACK, UINT32_MAX, 1); /* a keepalive */
	say(&p, ACK | FIN, 0, 0);
	say(&p, RST, 1, 0);
	syn.seq = p.c;
	talk_send(&p.talk, WAN, &syn);
	talk_assert_silence(rig);
	ck_assert_uint_eq(early(_i), 0);
	ck_assert_uint_eq(state(), MX_SESSION_HELD);
	outlast();
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

START_TEST(an_early_talker_is_refused_at_once_and_no_mta_hears_of_it)
{
	struct proxytalk p = begin(_i);

	set_early(MX_EARLY_REFUSE, DELAY_S);
	say(&p, ACK | PSH, 0, 17);
	struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(left.ack, p.c + 18);
	ck_assert_uint_eq(left.payload_bytes, sizeof(TEXT) - 1);
	ck_assert_mem_eq(left.payload, TEXT, sizeof(TEXT) - 1);
	talk_assert_silence(rig);
	ck_assert_uint_eq(state(), MX_SESSION_REFUSED);
	ck_assert_uint_eq(early(_i), 1);
	ck_assert_uint_eq(rig->count[0].joins, 0);
	ck_assert_uint_eq(rig->worker[0]->reclaim.held[ways[_i].service].oldest,
			  SESSION_NONE);
}
END_TEST

/* The header says so from the first time it is sent, and all numbers follow its
 * length. */
START_TEST(the_header_of_an_early_talker_has_a_mark)
{
	const bool has =
		rig_plan(rig)->service[ways[_i].service].proxy == MX_PROXY_V2;
	struct proxytalk p = begin(_i);

	set_early(MX_EARLY_MARK, DELAY_S);
	say(&p, ACK | PSH, 0, 17);
	say(&p, ACK | PSH, 0, 17);
	outlast();
	joinrig_hear_syn(&p);
	if (has)
		p.shift = mx_proxy_mark(p.header, p.shift);
	joinrig_go_on(&p);
	ck_assert_uint_eq(early(_i), 1);
	rig_restart(rig);
	proxytalk_expect_in(&p, ACK | PSH, 27, 130, 20);
}
END_TEST

/* A header that has been sent stays as it is: the MTA may have it. */
START_TEST(a_header_that_was_sent_gets_no_mark)
{
	struct proxytalk p = begin(_i);

	set_early(MX_EARLY_MARK, DELAY_S);
	outlast();
	joinrig_hear_syn(&p);
	joinrig_answer(&p, joinrig_answered);
	joinrig_assert_joined(&p);
	say(&p, ACK | PSH, 0, 17);
	ck_assert_uint_eq(early(_i), 1);
	/* It goes out again before the client's data. */
	if (p.shift > 0) {
		const struct segment again = talk_next(rig, LAN);

		ck_assert_uint_eq(again.payload_bytes, p.shift);
		ck_assert_mem_eq(again.payload, p.header, p.shift);
	}
	rig_flush(rig);
	proxytalk_expect_back(&p, ACK | PSH, 0, 17, 30);
	proxytalk_expect_in(&p, ACK | PSH, 17, 30, 10);
}
END_TEST

START_TEST(the_reset_of_a_client_ends_its_wait)
{
	struct proxytalk p = begin(_i);

	say(&p, RST, 0, 0);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	outlast();
	talk_assert_silence(rig);
}
END_TEST

/* What comes from the MTA is of a connection that was there before. */
START_TEST(no_word_of_an_mta_joins_it_before_its_time)
{
	struct proxytalk p = begin(_i);
	const struct mx_session *s = rig->worker[0]->sessions.file->session;

	while (atomic_load(&s->state) == MX_SESSION_FREE)
		s++;
	const struct mx_session_wide ends =
		session_ends(&rig->worker[0]->sessions, s);
	p.talk.mta = rig_mta(rig_mta_number(&ends.server));
	p.talk.local = p.talk.client;
	p.talk.local.ip = ends.local;
	p.talk.local.port = rte_be_to_cpu_16(s->local_port_be);
	joinrig_answer(&p, joinrig_answered);
	talk_assert_silence(rig);
	ck_assert_uint_eq(state(), MX_SESSION_HELD);
	outlast();
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

/* An MTA that is drained while a client waits for it gets no such session. */
START_TEST(a_client_goes_to_an_mta_that_serves_when_its_wait_is_over)
{
	struct proxytalk p = begin(_i);

	for (int last = 0; last < 3; last++) {
		uint16_t weights[3] = {0, 0, 0};

		weights[last] = 100;
		rig_set_weights(rig, weights);
		outlast();
		const int mta = joinrig_hear_syn(&p);
		ck_assert_int_eq((mta - 1) % 3, last);
		if (last == 2)
			break;
		end_all();
		p = begin(_i);
	}
	joinrig_go_on(&p);
}
END_TEST

START_TEST(no_mta_serves_for_a_moment)
{
	struct proxytalk p = begin(_i);

	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	outlast();
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

START_TEST(a_client_is_told_when_all_mtas_are_full)
{
	struct proxytalk p = begin(_i);

	for (int id = 1; id <= MX_BACKENDS_MAX; id++)
		if (rig_plan(rig)->backend[id].used) {
			rig_plan(rig)->backend[id].sessions_max = 1;
			rig->count[0].backend[id].opened += 1;
		}
	outlast();
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(left.seq, p.b - p.talk.ack_shift + 1);
	ck_assert_mem_eq(left.payload, "421 4.3.2 ", 10);
	talk_assert_silence(rig);
	ck_assert_uint_eq(state(), MX_SESSION_REFUSED);
}
END_TEST

START_TEST(a_client_without_limits_does_not_wait)
{
	struct mx_plan *plan = rig_plan(rig);
	struct proxytalk p = joinrig_call(_i);

	plan->allow[0] = (struct mx_prefix){p.talk.client.ip, 128};
	plan->service[ways[_i].service].clients.allow_count = 1;
	joinrig_acknowledge(&p);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

/* Both sides end, and the MTA has taken a command. */
static void
talk_to_the_end(struct proxytalk *p)
{
	joinrig_hear_syn(p);
	joinrig_go_on(p);
	proxytalk_expect_in(p, ACK | FIN, 27, 130, 0);
	proxytalk_expect_back(p, ACK | FIN, 130, 28, 0);
	proxytalk_expect_in(p, ACK, 28, 131, 0);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_CLOSING);
}

/* The next connection of the same client. */
static struct proxytalk
again(const struct proxytalk *p)
{
	struct proxytalk next = *p;
	struct segment said;

	next.talk.client.port = (uint16_t)(p->talk.client.port + 1);
	next.talk.ack_shift = 0;
	proxytalk_header_of(&next);
	said = joinrig_with_options(talk_in(&next.talk, SYN), joinrig_offered);
	said.seq = next.c;
	talk_send(&next.talk, WAN, &said);
	next.talk.ack_shift = next.b - talk_next(rig, WAN).seq;
	joinrig_acknowledge(&next);
	return next;
}

START_TEST(a_known_client_does_not_wait)
{
	const struct mx_client_limits some = limitrig_limits(50, 0);

	rig_set_limits(rig, &some);
	struct proxytalk p = begin(_i);
	outlast();
	talk_to_the_end(&p);
	p = again(&p);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

START_TEST(an_early_talker_does_not_become_known)
{
	const struct mx_client_limits some = limitrig_limits(50, 0);

	rig_set_limits(rig, &some);
	struct proxytalk p = begin(_i);
	say(&p, ACK | PSH, 0, 17);
	outlast();
	talk_to_the_end(&p);
	p = again(&p);
	talk_assert_silence(rig);
	outlast();
	joinrig_hear_syn(&p);
}
END_TEST

/* Else a client could hold any number of slots and ports. */
START_TEST(a_client_that_waits_counts_as_a_session)
{
	struct mx_client_limits some = limitrig_limits(1, 0);

	some.answer = MX_ANSWER_421;
	rig_set_limits(rig, &some);
	refuserig_set_answer(MX_ANSWER_421);
	struct proxytalk first = joinrig_call(_i);
	struct proxytalk other = first;
	/* Both have their SYN-ACK before either counts. */
	struct segment said;
	other.talk.client.port++;
	proxytalk_header_of(&other);
	said = joinrig_with_options(talk_in(&other.talk, SYN), joinrig_offered);
	said.seq = other.c;
	talk_send(&other.talk, WAN, &said);
	other.talk.ack_shift = other.b - talk_next(rig, WAN).seq;
	joinrig_acknowledge(&first);
	talk_assert_silence(rig);
	joinrig_acknowledge(&other);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_mem_eq(left.payload, TEXT_CLIENT, sizeof(TEXT_CLIENT) - 1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	/* It counts once in all its life. */
	outlast();
	joinrig_hear_syn(&first);
	joinrig_go_on(&first);
	ck_assert_uint_eq(
		limitrig_seen(ways[_i].service, &first.talk.client.ip, 128)
			.sessions,
		1);
	say(&first, RST, 27, 0);
	end_all();
	ck_assert_uint_eq(limitrig_sum(), 0);
}
END_TEST

START_TEST(a_restart_does_not_lengthen_the_wait)
{
	struct proxytalk p = begin(_i);

	rig_pass_s(rig, DELAY_S - 1);
	talk_assert_silence(rig);
	const uint32_t now_s = rig->worker[0]->now_s;

	rig_restart(rig);
	joinrig_teach();
	rig->worker[0]->now_s = now_s;
	rig_pass_s(rig, 2);
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

/* With a longer delay a client would be forgotten before its turn. */
START_TEST(a_new_delay_counts_for_those_that_wait)
{
	struct proxytalk p = begin(_i);

	set_early(MX_EARLY_DELAY, _i % 2 == 0 ? 60 : 0);
	rig_pass_s(rig, 1);
	if (_i % 2 == 0) {
		talk_assert_silence(rig);
		rig_pass_s(rig, DELAY_S);
	}
	joinrig_hear_syn(&p);
	joinrig_go_on(&p);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("hold");
	TCase *t = tcase_create("hold");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_add_loop_test(t, a_client_waits_and_then_joins, 0, WAYS);
	tcase_add_loop_test(t, what_is_said_meanwhile_counts_once, 0, WAYS);
	tcase_add_loop_test(t, what_says_nothing_does_not_count, 0, WAYS);
	tcase_add_loop_test(
		t, an_early_talker_is_refused_at_once_and_no_mta_hears_of_it, 0,
		WAYS);
	tcase_add_loop_test(t, the_header_of_an_early_talker_has_a_mark, 0,
			    WAYS);
	tcase_add_loop_test(t, a_header_that_was_sent_gets_no_mark, 0, WAYS);
	tcase_add_loop_test(t, the_reset_of_a_client_ends_its_wait, 0, WAYS);
	tcase_add_loop_test(t, no_word_of_an_mta_joins_it_before_its_time, 0,
			    WAYS);
	tcase_add_loop_test(
		t, a_client_goes_to_an_mta_that_serves_when_its_wait_is_over, 0,
		WAYS);
	tcase_add_loop_test(t, no_mta_serves_for_a_moment, 0, WAYS);
	tcase_add_loop_test(t, a_client_is_told_when_all_mtas_are_full, 0,
			    WAYS);
	tcase_add_loop_test(t, a_client_without_limits_does_not_wait, 0, WAYS);
	tcase_add_loop_test(t, a_known_client_does_not_wait, 0, WAYS);
	tcase_add_loop_test(t, an_early_talker_does_not_become_known, 0, WAYS);
	tcase_add_loop_test(t, a_client_that_waits_counts_as_a_session, 0,
			    WAYS);
	tcase_add_loop_test(t, a_restart_does_not_lengthen_the_wait, 0, WAYS);
	tcase_add_loop_test(t, a_new_delay_counts_for_those_that_wait, 0, WAYS);
	suite_add_tcase(s, t);
	return s;
}
