/* SPDX-License-Identifier: BSD-3-Clause */
/* When clients are refused, for which reason and by which answer.
 * Method: real worker_poll(), and a clock that the test moves. */
#include <string.h>

#include "refuserig.h"
#include "runner.h"

/* A backend that is away for less than the patience: the SYN that comes again
 * opens a session, and nobody is refused. */
START_TEST(a_short_outage_refuses_nobody)
{
	const struct segment syn = refuserig_says(
		refuserig_ways[_i].service, refuserig_ways[_i].six, 40000, SYN);

	refuserig_put(&syn);
	rig_pass_s(rig, 1);
	refuserig_put(&syn);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_BACKEND), 2);
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	rig_pass_s(rig, 2);
	refuserig_put(&syn);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(rig->count[0].synacks, 0);
	rig_flush(rig);
}
END_TEST

/* One SYN a minute: each client is told at its own third SYN. */
START_TEST(a_lone_client_is_told_after_3_s)
{
	for (uint16_t port = 1; port < 5; port++) {
		const struct segment syn =
			refuserig_says(RIG_FULLNAT_TO4, false, port, SYN);

		refuserig_put(&syn);
		rig_pass_s(rig, 1);
		refuserig_put(&syn);
		talk_assert_silence(rig);
		rig_pass_s(rig, 2);
		refuserig_put(&syn);
		ck_assert_uint_eq(talk_next(rig, WAN).flags, SYN | ACK);
		rig_pass_s(rig, 60);
		rig_flush(rig);
	}
}
END_TEST

START_TEST(without_an_answer_in_the_configuration_nothing_is_sent)
{
	struct segment syn = refuserig_says(refuserig_ways[_i].service,
					    refuserig_ways[_i].six, 40000, SYN);

	refuserig_set_answer(MX_ANSWER_DROP);
	for (int i = 0; i < 10; i++) {
		refuserig_put(&syn);
		rig_pass_s(rig, 1);
	}
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_BACKEND), 10);
}
END_TEST

START_TEST(a_reset_is_at_the_number_that_the_client_takes)
{
	struct segment syn = refuserig_says(refuserig_ways[_i].service,
					    refuserig_ways[_i].six, 40000, SYN);

	refuserig_outlast(refuserig_ways[_i].service, refuserig_ways[_i].six);
	refuserig_set_answer(MX_ANSWER_RESET);
	refuserig_put(&syn);
	const struct segment expected = {.from = syn.to,
					 .to = syn.from,
					 .flags = RST | ACK,
					 .made = true,
					 .ack = REFUSERIG_ISN + 1};
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = rig_get(rig, WAN, frame);
	struct segment left;
	frame_read(frame, bytes, &left);
	ck_assert(frame_sums_are_right(frame, bytes));
	ck_assert_uint_eq(left.flags, expected.flags);
	ck_assert_uint_eq(left.seq, 0);
	ck_assert_uint_eq(left.ack, expected.ack);
	ck_assert_mem_eq(&left.to, &expected.to, sizeof(left.to));
	talk_assert_silence(rig);
	ck_assert_uint_eq(refuserig_told(refuserig_ways[_i].service,
					 MX_ANSWER_RESET, MX_DROP_NO_BACKEND),
			  1);
}
END_TEST

/* Forged SYNs with the address of a victim; and others get their resets. */
START_TEST(an_address_gets_ten_resets_a_second)
{
	const enum rig_service service = refuserig_ways[_i].service;
	const bool six = refuserig_ways[_i].six;
	uint32_t resets = 0;
	uint8_t frame[FRAME_MAX];

	refuserig_outlast(service, six);
	refuserig_set_answer(MX_ANSWER_RESET);
	for (uint16_t port = 40000; port < 40100; port++) {
		const struct segment syn =
			refuserig_says(service, six, port, SYN);

		refuserig_put(&syn);
		resets += rig_get(rig, WAN, frame) != 0;
		talk_assert_silence(rig);
	}
	ck_assert_uint_eq(resets, ALLOWANCE_CLIENT_A_SECOND);
	ck_assert_uint_eq(
		refuserig_told(service, MX_ANSWER_RESET, MX_DROP_NO_BACKEND),
		resets);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_ANSWER_RATE), 100 - resets);
	struct segment other = refuserig_says(service, six, 40000, SYN);
	other.from.ip.byte[six ? 7 : 15]++;
	refuserig_put(&other);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
	/* Texts have an allowance of their own. */
	refuserig_set_answer(MX_ANSWER_421);
	const struct refused r = refuserig_begin(service, six, 41000);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	rig_pass_s(rig, 1);
	rig_flush(rig);
	refuserig_set_answer(MX_ANSWER_RESET);
	refuserig_put(&r.syn);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
}
END_TEST

/* Resets to any number of addresses have a limit as well. */
START_TEST(all_addresses_together_get_a_bounded_number_of_resets)
{
	struct segment syn = refuserig_says(RIG_FULLNAT_TO4, false, 40000, SYN);

	refuserig_outlast(RIG_FULLNAT_TO4, false);
	refuserig_set_answer(MX_ANSWER_RESET);
	refuserig_put(&syn);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
	rig->worker[0]->greet->allowance.sent[ALLOWANCE_RESET] =
		ALLOWANCE_A_SECOND;
	syn.from.ip.byte[15]++;
	refuserig_put(&syn);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_ANSWER_RATE), 1);
	rig_pass_s(rig, 1);
	refuserig_put(&syn);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
}
END_TEST

START_TEST(a_final_answer_says_554)
{
	refuserig_set_answer(MX_ANSWER_554);
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);

	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_FINAL, 0);
	ck_assert_uint_eq(refuserig_told(refuserig_ways[_i].service,
					 MX_ANSWER_554, MX_DROP_NO_BACKEND),
			  1);
}
END_TEST

/* Each reason has its words, and its counter. */
START_TEST(full_backends_are_said_to_be_busy)
{
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	for (int id = 1; id <= 3; id++)
		rig_plan(rig)->backend[id].sessions_extra = 1;
	for (uint16_t port = 1000;
	     onerig_live(1) + onerig_live(2) + onerig_live(3) < 3; port++)
		onerig_open(port);
	rig_flush(rig);
	const uint64_t sessions = rig_sessions(rig);
	const struct refused r = refuserig_refuse(0);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_BUSY, 0);
	ck_assert_uint_eq(refuserig_told(RIG_FULLNAT_TO4, MX_ANSWER_421,
					 MX_DROP_ALL_FULL),
			  1);
	ck_assert_uint_eq(rig_sessions(rig), sessions);
}
END_TEST

START_TEST(a_full_table_is_said_to_be_full)
{
	rig_free(rig);
	rig = rig_make_sized(1, 8, 1);
	refuserig_set_answer(MX_ANSWER_421);
	for (uint16_t port = 1000; port < 1008; port++)
		onerig_open(port);
	rig_flush(rig);
	const struct refused r = refuserig_refuse(0);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_FULL, 0);
	ck_assert_uint_eq(refuserig_told(RIG_FULLNAT_TO4, MX_ANSWER_421,
					 MX_DROP_TABLE_FULL),
			  1);
}
END_TEST

/* A backend that has come back between SYN and ACK does not know the number: not
 * one byte of this flow may reach it, in dsr and tunnel least of all. */
static bool
is_direct(int way)
{
	return mx_forward_is_direct(
		rig_plan(rig)->service[refuserig_ways[way].service].forward);
}

/* Room that has come back helps a client that has a cookie, unless its MTA
 * would have to know mxsteer's numbers. */
START_TEST(a_flow_that_got_a_cookie_gets_the_backend_that_came_back)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);

	if (is_direct(_i))
		return;
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	refuserig_put(&ack);
	const struct segment syn = talk_next(rig, LAN);
	ck_assert_uint_eq(syn.flags, SYN);
	ck_assert_uint_eq(syn.seq, REFUSERIG_ISN);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_flow_that_got_a_cookie_never_reaches_a_direct_backend)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	const struct segment fin =
		refuserig_in(&r, FIN, 0, REFUSERIG_TEXT_BYTES + 1);

	if (!is_direct(_i))
		return;
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	refuserig_put(&fin);
	refuserig_assert_ack(&r, 1);
	talk_assert_silence(rig);
}
END_TEST

/* Segments of a session whose slot was lost, while cookies may come back: as
 * ever. */
START_TEST(segments_of_no_session_are_treated_as_before)
{
	struct segment stray;

	refuserig_refuse(_i);
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	rig_pass_s(rig, 6); /* resets begin a while after the start */
	rig_flush(rig);
	stray = refuserig_says(refuserig_ways[_i].service,
			       refuserig_ways[_i].six, 40001, ACK);
	stray.ack = 77777;
	refuserig_put(&stray);
	if (mx_forward_is_direct(rig_plan(rig)
					 ->service[refuserig_ways[_i].service]
					 .forward)) {
		uint8_t frame[FRAME_MAX];
		ck_assert_uint_gt(rig_get(rig, LAN, frame), 0);
	} else {
		ck_assert_uint_eq(talk_next(rig, WAN).flags, RST);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reasons");
	TCase *t = tcase_create("reasons");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, refuserig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_short_outage_refuses_nobody, 0,
			    REFUSERIG_WAYS);
	tcase_add_test(t, a_lone_client_is_told_after_3_s);
	tcase_add_loop_test(
		t, without_an_answer_in_the_configuration_nothing_is_sent, 0,
		REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_reset_is_at_the_number_that_the_client_takes,
			    0, REFUSERIG_WAYS);
	tcase_add_loop_test(t, an_address_gets_ten_resets_a_second, 0,
			    REFUSERIG_WAYS);
	tcase_add_test(t,
		       all_addresses_together_get_a_bounded_number_of_resets);
	tcase_add_loop_test(t, a_final_answer_says_554, 0, REFUSERIG_WAYS);
	tcase_add_test(t, full_backends_are_said_to_be_busy);
	tcase_add_test(t, a_full_table_is_said_to_be_full);
	tcase_add_loop_test(
		t, a_flow_that_got_a_cookie_gets_the_backend_that_came_back, 0,
		REFUSERIG_WAYS);
	tcase_add_loop_test(
		t, a_flow_that_got_a_cookie_never_reaches_a_direct_backend, 0,
		REFUSERIG_WAYS);
	tcase_add_loop_test(t, segments_of_no_session_are_treated_as_before, 0,
			    REFUSERIG_WAYS);
	suite_add_tcase(s, t);
	return s;
}
