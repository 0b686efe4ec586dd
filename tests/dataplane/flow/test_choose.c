/* SPDX-License-Identifier: BSD-3-Clause */
/* The backend of a new session whose first choice is over its bounds.
 * Method: real worker_poll(); the bounds are those of the plan. */
#include <stdlib.h>
#include <string.h>

#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"
#include "sweep.h"

/* Open a session from a client port.  Returns the number of its backend, or
 * 0. */
static int
who_gets(uint16_t port)
{
	struct talk talk = onerig_talk(RIG_FULLNAT_TO4, false, port);
	const struct segment syn = talk_in(&talk, SYN);
	static uint8_t out[FRAME_MAX];
	struct segment sent;

	talk_send(&talk, WAN, &syn);
	const uint16_t bytes = rig_get(rig, LAN, out);
	if (bytes == 0)
		return 0;
	frame_read(out, bytes, &sent);
	talk.local = sent.from;
	talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	talk_hear(&talk, SYN | ACK);
	talk_say(&talk, ACK);
	return talk.mta.mac.addr_bytes[5];
}

START_TEST(no_backend_gets_more_than_its_maximum)
{
	static const uint32_t max[] = {0, 10, 20, 30};

	for (int id = 1; id <= 3; id++)
		rig_plan(rig)->backend[id].sessions_max = max[id];
	for (uint16_t port = 1; port <= 200; port++)
		who_gets(port);
	for (int id = 1; id <= 3; id++)
		ck_assert_uint_eq(onerig_live(id), max[id]);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_ALL_FULL), 140);
	ck_assert_uint_gt(rig->count[0].diverted, 0);
	ck_assert_uint_le(rig->count[0].diverted, 60);
	/* A session that ends makes room for another. */
	worker_session_end(rig->worker[0], &rig->file[0]->session[0]);
	ck_assert_int_ne(who_gets(1000), 0);
	ck_assert_int_eq(who_gets(1001), 0);
}
END_TEST

START_TEST(a_session_that_is_there_is_not_refused_by_a_maximum)
{
	for (int id = 1; id <= 3; id++)
		rig_plan(rig)->backend[id].sessions_max = 1;
	const struct end client = talk_client(false, 1);
	const struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	for (uint16_t port = 2; port < 100; port++)
		who_gets(port);
	ck_assert_uint_eq(rig_sessions(rig), 3);
	talk_say(&talk, SYN);
	talk_say(&talk, ACK);
	talk_hear(&talk, ACK);
}
END_TEST

START_TEST(the_first_workers_have_what_does_not_divide)
{
	/* 5 sessions, and 1, over 2 workers. */
	static const struct {
		uint32_t max;
		uint16_t extra;
		uint64_t all;
	} cases[] = {{2, 1, 5}, {0, 1, 1}, {3, 0, 6}};

	rig_free(rig);
	rig = rig_make(2);
	for (int id = 1; id <= 3; id++) {
		rig_plan(rig)->backend[id].sessions_max = cases[_i].max;
		rig_plan(rig)->backend[id].sessions_extra = cases[_i].extra;
	}
	for (uint16_t port = 1; port <= 300; port++)
		who_gets(port);
	for (int id = 1; id <= 3; id++) {
		const uint64_t first = rig->count[0].backend[id].opened;
		const uint64_t second = rig->count[1].backend[id].opened;

		ck_assert_uint_eq(first, cases[_i].max + cases[_i].extra);
		ck_assert_uint_eq(second, cases[_i].max);
		ck_assert_uint_eq(first + second, cases[_i].all);
	}
}
END_TEST

START_TEST(a_backend_over_its_share_is_passed_over)
{
	/* All flows choose the first; its share is a third, times 1.25. */
	const uint32_t share = 65536 / 3 * 5 / 4;
	struct mx_plan *plan = rig_plan(rig);

	for (uint32_t slot = 0; slot < MX_PICK_SLOTS; slot++)
		plan->pick[0].slot[slot] =
			slot % 16 == 0 ? (uint16_t)(2 + slot / 16 % 2) : 1;
	for (int id = 1; id <= 3; id++)
		plan->backend[id].share_max = share;
	for (uint16_t port = 1; port <= 1000; port++)
		ck_assert_int_ne(who_gets(port), 0);
	const uint64_t bound = 1000 * (uint64_t)share >> 16;
	ck_assert_uint_le(onerig_live(1), bound + 9);
	ck_assert_uint_ge(onerig_live(1), bound - 20);
	ck_assert_uint_gt(rig->count[0].diverted, 400);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_ALL_FULL), 0);
}
END_TEST

START_TEST(a_share_moves_flows_but_refuses_none)
{
	rig_set_weights(rig, (const uint16_t[]){100, 0, 0});
	rig_plan(rig)->backend[1].share_max = 1;
	for (uint16_t port = 1; port <= 100; port++)
		ck_assert_int_eq(who_gets(port), 1);
	ck_assert_uint_eq(rig->count[0].diverted, 0);
}
END_TEST

START_TEST(a_few_sessions_are_no_load)
{
	rig_set_weights(rig, (const uint16_t[]){100, 1, 0});
	rig_plan(rig)->backend[1].share_max = 1;
	for (uint16_t port = 1; port <= 8; port++)
		who_gets(port);
	ck_assert_uint_eq(rig->count[0].diverted, 0);
}
END_TEST

START_TEST(of_two_the_one_with_fewer_sessions_for_its_weight_gets_it)
{
	static const uint16_t weights[] = {100, 100, 200};

	rig_set_weights(rig, weights);
	rig_plan(rig)->pool[0].least = 1;
	for (int id = 1; id <= 3; id++)
		rig_plan(rig)->backend[id].weight = weights[id - 1];
	for (uint16_t port = 1; port <= 800; port++)
		ck_assert_int_ne(who_gets(port), 0);
	/* By the hash alone they differ by tens. */
	ck_assert_uint_le(onerig_live(1), 204);
	ck_assert_uint_ge(onerig_live(1), 196);
	ck_assert_uint_le(onerig_live(2), 204);
	ck_assert_uint_ge(onerig_live(2), 196);
	ck_assert_uint_eq(rig->count[0].diverted, 0);
}
END_TEST

START_TEST(one_that_is_full_or_not_reached_is_not_taken_for_lighter)
{
	rig_plan(rig)->pool[0].least = 1;
	for (int id = 1; id <= 3; id++)
		rig_plan(rig)->backend[id].weight = 100;
	rig_set_weights(rig, (const uint16_t[]){100, 100, 0});
	rig->count[0].backend[1].opened = 1000;
	rig_plan(rig)->backend[2].sessions_max = _i == 0 ? 5 : 0;
	rig_plan(rig)->backend[2].resolved = _i == 0;
	for (uint16_t port = 1; port <= 100; port++)
		who_gets(port);
	ck_assert_uint_eq(onerig_live(2), _i == 0 ? 5 : 0);
	if (_i == 0)
		ck_assert_uint_eq(onerig_live(1), 1095);
	rig_plan(rig)->backend[2].resolved = 1;
}
END_TEST

START_TEST(a_flow_that_is_moved_goes_to_the_same_place_again)
{
	int before[100];

	for (int round = 0; round < 2; round++) {
		rig_free(rig);
		rig = rig_make(1);
		rig_plan(rig)->backend[1].sessions_max = 1;
		rig->count[0].backend[1].opened = 1;
		for (uint16_t port = 0; port < 100; port++) {
			const int who = who_gets((uint16_t)(port + 1));
			ck_assert(round == 0 || who == before[port]);
			before[port] = who;
		}
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("choose");
	TCase *t = tcase_create("choose");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, no_backend_gets_more_than_its_maximum);
	tcase_add_test(t, a_session_that_is_there_is_not_refused_by_a_maximum);
	tcase_add_loop_test(t, the_first_workers_have_what_does_not_divide, 0,
			    3);
	tcase_add_test(t, a_backend_over_its_share_is_passed_over);
	tcase_add_test(t, a_share_moves_flows_but_refuses_none);
	tcase_add_test(t, a_few_sessions_are_no_load);
	tcase_add_test(
		t, of_two_the_one_with_fewer_sessions_for_its_weight_gets_it);
	tcase_add_loop_test(
		t, one_that_is_full_or_not_reached_is_not_taken_for_lighter, 0,
		2);
	tcase_add_test(t, a_flow_that_is_moved_goes_to_the_same_place_again);
	suite_add_tcase(s, t);
	return s;
}
