/* SPDX-License-Identifier: BSD-3-Clause */
/* The PROXY header in front of a session: when and how often it is sent, what
 * it does to the numbers of both ends, and that only mxsteer can write it.
 * Method: one session through real worker_poll(), step by step; expected frames
 * are built from scratch; the rig is the clock. */
#include <string.h>

#include "onerig.h"
#include "proxy.h"
#include "proxytalk.h"
#include "runner.h"
#include "sweep.h"

/* Each version to each family from each family. */
#define KINDS 8

static struct proxytalk
talk_of(int kind)
{
	return proxytalk_make(rig, (enum rig_service)(RIG_V1_TO4 + kind / 2),
			      kind % 2);
}

START_TEST(the_header_takes_the_place_of_the_clients_ack)
{
	struct proxytalk p = talk_of(_i);
	struct segment said;

	proxytalk_answer(&p);
	said = proxytalk_in(&p, ACK, 0, 0);
	said.window = 501;
	talk_send(&p.talk, WAN, &said);
	const struct segment header = proxytalk_header(&p, p.b + 1, 501);
	talk_assert_left(rig, LAN, &header);
	talk_assert_silence(rig);
	ck_assert_uint_eq(mx_session_proxy(talk_session(&p.talk)),
			  MX_SESSION_PROXY_SENT);
	ck_assert_uint_eq(rig->count[0].made, 0);
}
END_TEST

START_TEST(the_window_of_the_syn_ack_leaves_room_for_the_header)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_syn(&p);
	struct segment said = proxytalk_back(&p, SYN | ACK, 0, 0);
	said.seq = p.b;
	said.ack = p.c + 1;
	said.window = 64240;
	talk_send(&p.talk, LAN, &said);
	said = talk_left_back(&p.talk, said);
	said.window = (uint16_t)(64240 - p.shift);
	talk_assert_left(rig, WAN, &said);
}
END_TEST

START_TEST(all_that_follows_is_shifted)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_open(&p);
	for (uint32_t i = 0; i < 200; i++) {
		/* The backend acknowledges i bytes of the client's. */
		proxytalk_expect_back(&p, ACK | PSH, i * 31, i * 17, 40);
		proxytalk_expect_in(&p, ACK | PSH, i * 17, i * 31 + 40, 17);
	}
	proxytalk_expect_in(&p, FIN | ACK, 200 * 17, 200 * 31, 5);
	proxytalk_expect_back(&p, FIN | ACK, 200 * 31, 200 * 17 + 6, 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLOSING);
}
END_TEST

START_TEST(acks_of_the_client_repeat_the_header_until_it_is_acknowledged)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_answer(&p);
	for (int i = 0; i < 3; i++) {
		const struct segment ack = proxytalk_in(&p, ACK, 0, 0);
		talk_send(&p.talk, WAN, &ack);
		const struct segment header =
			proxytalk_header(&p, p.b + 1, 65535);
		talk_assert_left(rig, LAN, &header);
		talk_assert_silence(rig);
	}
	proxytalk_expect_back(&p, ACK, 0, 0, 0);
	proxytalk_expect_in(&p, ACK, 0, 0, 0);
	talk_assert_silence(rig);
}
END_TEST

/* A client's segments before the header is acknowledged, and whether the header
 * leaves before them. */
static const struct {
	uint8_t flags;
	uint32_t at;
	uint16_t bytes;
} early[] = {
	{ACK | PSH, 0, 30},       /* early talker */
	{ACK | PSH, 30, 30},      /* its first segment was lost */
	{FIN | ACK, 0, 0},        /* gone at once */
	{FIN | ACK | PSH, 0, 30}, /* sent everything, and left */
	{ACK, 7, 0},
};
#define EARLY (int)RTE_DIM(early)

START_TEST(what_comes_instead_of_the_ack_goes_behind_the_header)
{
	const int row = _i % EARLY;
	struct proxytalk p = talk_of(_i / EARLY);

	proxytalk_answer(&p);
	struct segment said =
		proxytalk_in(&p, early[row].flags, early[row].at, 0);
	said.payload_bytes = early[row].bytes;
	talk_send(&p.talk, WAN, &said);
	const struct segment header = proxytalk_header(&p, p.b + 1, 65535);
	talk_assert_left(rig, LAN, &header);
	said = talk_left_in(&p.talk, said);
	said.seq += p.shift;
	talk_assert_left(rig, LAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].made, 1);
}
END_TEST

START_TEST(resets_pass_with_the_numbers_the_backend_knows)
{
	struct proxytalk p = talk_of(_i);
	struct segment said;

	/* Before the header: with the client's numbers. */
	proxytalk_answer(&p);
	said = proxytalk_in(&p, RST, 0, 0);
	talk_send(&p.talk, WAN, &said);
	said = talk_left_in(&p.talk, said);
	talk_assert_left(rig, LAN, &said);
	talk_assert_silence(rig);

	/* After it: shifted. */
	proxytalk_free(&p);
	p = talk_of(_i);
	p.talk.client.port++;
	proxytalk_send_header(&p);
	proxytalk_expect_in(&p, RST | ACK, 0, 0, 0);
	talk_assert_silence(rig);
	/* The backend has the header. */
	said = proxytalk_back(&p, RST, 0, 0);
	talk_send(&p.talk, LAN, &said);
	rig_flush(rig);
	/* No header is repeated any more. */
	rig_pass_ms(rig, 5000);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(the_header_is_sent_again_by_a_timer_and_then_given_up)
{
	static const uint32_t at_ms[] = {200, 600, 1400, 2800};
	struct proxytalk p = talk_of(_i);
	uint32_t now_ms = 0;

	proxytalk_send_header(&p);
	const struct segment header = proxytalk_header(&p, p.b + 1, 4096);
	for (size_t i = 0; i < RTE_DIM(at_ms); i++) {
		rig_pass_ms(rig, at_ms[i] - now_ms - 1);
		talk_assert_silence(rig);
		rig_pass_ms(rig, 1);
		talk_assert_left(rig, LAN, &header);
		talk_assert_silence(rig);
		now_ms = at_ms[i];
	}
	for (int i = 0; i < 20; i++) {
		rig_pass_ms(rig, 1399);
		talk_assert_silence(rig);
		rig_pass_ms(rig, 1);
		talk_assert_left(rig, LAN, &header);
		talk_assert_silence(rig);
	}
	ck_assert_uint_eq(rig->count[0].proxy_given_up, 0);
	rig->worker[0]->now_s += PROXY_TRY_S;
	rig_pass_ms(rig, 1400);
	talk_assert_left(rig, LAN, &header);
	for (int i = 0; i < 100; i++)
		rig_pass_ms(rig, 1000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].proxy_resent, 25);
	ck_assert_uint_eq(rig->count[0].proxy_given_up, 1);
	ck_assert_uint_eq(rig->count[0].made, 25);
}
END_TEST

START_TEST(an_acknowledged_header_is_not_sent_again)
{
	struct proxytalk p = talk_of(0);

	proxytalk_send_header(&p);
	rig_pass_ms(rig, 200);
	talk_next(rig, LAN);
	proxytalk_expect_back(&p, ACK, 0, 0, 0);
	for (int i = 0; i < 10; i++)
		rig_pass_ms(rig, 1000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].proxy_given_up, 0);
}
END_TEST

START_TEST(a_timer_outlives_a_moment_without_a_next_hop)
{
	struct proxytalk p = talk_of(0);

	proxytalk_send_header(&p);
	for (int i = 1; i <= 3; i++)
		rig_plan(rig)->backend[i].resolved = 0;
	rig_pass_ms(rig, 200);
	talk_assert_silence(rig);
	for (int i = 1; i <= 3; i++)
		rig_plan(rig)->backend[i].resolved = 1;
	rig_pass_ms(rig, 400);
	const struct segment header = proxytalk_header(&p, p.b + 1, 4096);
	talk_assert_left(rig, LAN, &header);
}
END_TEST

START_TEST(a_session_in_the_place_of_another_is_not_taken_for_it)
{
	struct proxytalk p = talk_of(0);

	proxytalk_send_header(&p);
	/* The place stays unused longest; make it the only free one. */
	struct mx_session *s = talk_session(&p.talk);
	worker_session_end(rig->worker[0], s);
	while (rig->worker[0]->sessions.free_head !=
	       session_index(&rig->worker[0]->sessions, s)) {
		struct proxytalk other = talk_of(0);
		other.talk.client.port =
			(uint16_t)(1000 + rig->worker[0]->sessions.used);
		talk_syn(&other.talk);
	}
	struct proxytalk next = talk_of(0);
	next.c += 12345;
	next.talk.client.port = 60000;
	proxytalk_send_header(&next);
	ck_assert_ptr_eq(talk_session(&next.talk), s);
	rig_pass_ms(rig, 200);
	const struct segment header = proxytalk_header(&next, next.b + 1, 4096);
	talk_assert_left(rig, LAN, &header);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(acks_within_the_header_acknowledge_nothing_of_the_client)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_send_header(&p);
	for (uint32_t k = 0; k < p.shift; k++) {
		struct segment said = proxytalk_back(&p, ACK, 0, 0);
		said.ack = p.c + 1 + k;
		said.window = (uint16_t)(k % 2 ? 30 : 501);
		talk_send(&p.talk, LAN, &said);
		said = talk_left_back(&p.talk, said);
		said.ack = p.c + 1;
		/* 0 would say 65535 to the builder. */
		if (said.window > p.shift) {
			said.window = (uint16_t)(said.window - p.shift);
			talk_assert_left(rig, WAN, &said);
			continue;
		}
		const struct segment left = talk_next(rig, WAN);
		ck_assert_uint_eq(left.window, said.window > p.shift
						       ? said.window - p.shift
						       : 0);
		ck_assert_uint_eq(left.ack, p.c + 1);
	}
	ck_assert_uint_eq(mx_session_proxy(talk_session(&p.talk)),
			  MX_SESSION_PROXY_SENT);
	proxytalk_expect_back(&p, ACK, 0, 0, 0);
	ck_assert_uint_eq(mx_session_proxy(talk_session(&p.talk)),
			  MX_SESSION_PROXY_ACKED);
}
END_TEST

START_TEST(a_syn_ack_that_is_repeated_changes_nothing)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_send_header(&p);
	for (int round = 0; round < 2; round++) {
		struct segment said = proxytalk_back(&p, SYN | ACK, 0, 0);
		said.seq = p.b;
		said.ack = p.c + 1;
		talk_send(&p.talk, LAN, &said);
		said = talk_left_back(&p.talk, said);
		said.window = (uint16_t)(65535 - p.shift);
		talk_assert_left(rig, WAN, &said);
		if (round == 0)
			proxytalk_expect_back(&p, ACK | PSH, 0, 0, 10);
	}
	proxytalk_expect_in(&p, ACK | PSH, 0, 10, 6);
}
END_TEST

START_TEST(a_session_goes_on_in_every_state_when_the_process_is_killed)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_syn(&p);
	rig_restart(rig);
	proxytalk_hear_answer(&p);
	rig_restart(rig);
	const struct segment ack = proxytalk_in(&p, ACK, 0, 0);
	talk_send(&p.talk, WAN, &ack);
	struct segment header = proxytalk_header(&p, p.b + 1, 65535);
	talk_assert_left(rig, LAN, &header);
	/* Killed before the backend's ACK: it waits for it anew. */
	rig_restart(rig);
	rig_pass_ms(rig, 200);
	header = proxytalk_header(&p, p.b + 1, 4096);
	talk_assert_left(rig, LAN, &header);
	proxytalk_expect_back(&p, ACK, 0, 0, 0);
	rig_restart(rig);
	proxytalk_expect_back(&p, ACK | PSH, 0, 0, 10);
	proxytalk_expect_in(&p, ACK | PSH, 0, 10, 6);
	rig_pass_ms(rig, 1000);
	talk_assert_silence(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("proxy");
	TCase *t = tcase_create("proxy");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, the_header_takes_the_place_of_the_clients_ack, 0,
			    KINDS);
	tcase_add_loop_test(
		t, the_window_of_the_syn_ack_leaves_room_for_the_header, 0,
		KINDS);
	tcase_add_loop_test(t, all_that_follows_is_shifted, 0, KINDS);
	tcase_add_loop_test(
		t,
		acks_of_the_client_repeat_the_header_until_it_is_acknowledged,
		0, KINDS);
	tcase_add_loop_test(
		t, what_comes_instead_of_the_ack_goes_behind_the_header, 0,
		KINDS * EARLY);
	tcase_add_loop_test(t, resets_pass_with_the_numbers_the_backend_knows,
			    0, KINDS);
	tcase_add_loop_test(
		t, the_header_is_sent_again_by_a_timer_and_then_given_up, 0,
		KINDS);
	tcase_add_test(t, an_acknowledged_header_is_not_sent_again);
	tcase_add_test(t, a_timer_outlives_a_moment_without_a_next_hop);
	tcase_add_test(t,
		       a_session_in_the_place_of_another_is_not_taken_for_it);
	tcase_add_loop_test(
		t, acks_within_the_header_acknowledge_nothing_of_the_client, 0,
		KINDS);
	tcase_add_loop_test(t, a_syn_ack_that_is_repeated_changes_nothing, 0,
			    KINDS);
	tcase_add_loop_test(
		t, a_session_goes_on_in_every_state_when_the_process_is_killed,
		0, KINDS);
	suite_add_tcase(s, t);
	return s;
}
