/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that no backend can serve are told so in SMTP, whatever is lost, and
 * close in peace.
 * Method: real worker_poll(), with every segment of both ends written out, in
 * all forward modes and both families. */
#include <string.h>

#include "refuserig.h"
#include "runner.h"

START_TEST(a_client_is_told_and_closes)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	const struct segment got =
		refuserig_in(&r, 0, 0, REFUSERIG_TEXT_BYTES + 1);
	const struct segment fin =
		refuserig_in(&r, FIN, 0, REFUSERIG_TEXT_BYTES + 1);

	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	talk_assert_silence(rig);
	ck_assert_uint_eq(refuserig_told(refuserig_ways[_i].service,
					 MX_ANSWER_421, MX_DROP_NO_BACKEND),
			  1);
	refuserig_put(&got);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_REFUSED), 1);
	refuserig_put(&fin);
	refuserig_assert_ack(&r, 1);
	rig_pass_ms(rig, 100000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(a_client_that_says_quit_is_acknowledged)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	struct segment quit =
		refuserig_in(&r, PSH, 0, REFUSERIG_TEXT_BYTES + 1);
	const struct segment fin =
		refuserig_in(&r, FIN, 6, REFUSERIG_TEXT_BYTES + 1);

	quit.payload_bytes = 6;
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	refuserig_put(&quit);
	refuserig_assert_ack(&r, 6);
	refuserig_put(&fin);
	refuserig_assert_ack(&r, 7);
	refuserig_put(&fin); /* that was lost */
	refuserig_assert_ack(&r, 7);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_lost_text_is_said_again_until_it_is_heard)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	const struct segment got =
		refuserig_in(&r, 0, 0, REFUSERIG_TEXT_BYTES + 1);

	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	rig_pass_ms(rig, 400);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	ck_assert_uint_eq(rig->count[0].texts_again, 1);
	refuserig_put(&got);
	rig_pass_ms(rig, 100000);
	talk_assert_silence(rig);
}
END_TEST

/* The client's own ACK was lost, and it answers the SYN-ACK that came again. */
START_TEST(a_lost_ack_is_healed_by_the_synack_that_comes_again)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);

	rig_pass_ms(rig, 1000);
	ck_assert_uint_eq(talk_next(rig, WAN).seq, r.synack.seq);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	/* The text took the place of the SYN-ACK's second repeat. */
	rig_pass_ms(rig, 400);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	rig_pass_ms(rig, 1200);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	rig_pass_ms(rig, 100000);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_client_that_talks_early_gets_the_same_text)
{
	const struct refused r = refuserig_refuse(_i);
	struct segment helo = refuserig_in(&r, PSH, 0, 0);
	struct segment more = refuserig_in(&r, PSH, 20, 0);
	const struct segment got =
		refuserig_in(&r, 0, 30, REFUSERIG_TEXT_BYTES + 1);
	const struct segment fin =
		refuserig_in(&r, FIN, 30, REFUSERIG_TEXT_BYTES + 1);

	helo.payload_bytes = 20;
	more.payload_bytes = 10;
	refuserig_put(&helo);
	refuserig_assert_text(&r, TEXT_NONE, 20);
	refuserig_put(&more);
	refuserig_assert_text(&r, TEXT_NONE, 30);
	refuserig_put(&helo);
	refuserig_assert_text(&r, TEXT_NONE, 30); /* old bytes move nothing */
	refuserig_put(&got);
	talk_assert_silence(rig);
	refuserig_put(&fin);
	refuserig_assert_ack(&r, 31);
	ck_assert_uint_eq(refuserig_told(refuserig_ways[_i].service,
					 MX_ANSWER_421, MX_DROP_NO_BACKEND),
			  1);
}
END_TEST

START_TEST(a_client_that_has_closed_its_half_is_told)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment fin = refuserig_in(&r, FIN, 0, 0);
	const struct segment got =
		refuserig_in(&r, 0, 1, REFUSERIG_TEXT_BYTES + 1);

	refuserig_put(&fin);
	refuserig_assert_text(&r, TEXT_NONE, 1);
	refuserig_put(&got);
	talk_assert_silence(rig);
}
END_TEST

/* A part of the text is no reason to say it again at once. */
START_TEST(a_client_with_a_part_of_the_text_waits_for_the_rest)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	const struct segment part = refuserig_in(&r, 0, 0, 7);

	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	refuserig_put(&part);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 400);
	refuserig_assert_text(&r, TEXT_NONE, 0);
}
END_TEST

/* All slots of memory are taken by others: the cookie alone is enough. */
START_TEST(what_is_not_remembered_is_answered_all_the_same)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	const struct segment fin =
		refuserig_in(&r, FIN, 0, REFUSERIG_TEXT_BYTES + 1);
	struct echo *slot = rig->worker[0]->greet->echoes.slot;

	memset(slot, 0, ECHO_SLOTS * sizeof(*slot));
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	memset(slot, 0, ECHO_SLOTS * sizeof(*slot));
	refuserig_put(&fin);
	refuserig_assert_ack(&r, 1);
}
END_TEST

/* The process starts again between the SYN-ACK and the ACK, and backends are
 * back as well: the new one does not know why the cookie was given. */
START_TEST(a_restart_honours_what_was_given)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);

	rig_restart(rig);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	ck_assert_uint_eq(refuserig_told(refuserig_ways[_i].service,
					 MX_ANSWER_421, MX_DROP_NO_BACKEND),
			  1);
}
END_TEST

START_TEST(a_cookie_comes_back_within_its_life_and_not_later)
{
	const struct refused r = refuserig_refuse(_i);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);

	rig_pass_s(rig, COOKIE_SLOT_S - 1);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	memset(rig->worker[0]->greet->echoes.slot, 0, sizeof(struct echo));
	rig_pass_s(rig, COOKIE_LIFE_S);
	refuserig_put(&ack);
	rig_flush(rig);
	ck_assert_uint_eq(rig->count[0].synacks_proven, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("refused");
	TCase *t = tcase_create("refused");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, refuserig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_client_is_told_and_closes, 0, REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_that_says_quit_is_acknowledged, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_lost_text_is_said_again_until_it_is_heard, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t,
			    a_lost_ack_is_healed_by_the_synack_that_comes_again,
			    0, REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_that_talks_early_gets_the_same_text, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_that_has_closed_its_half_is_told, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t,
			    a_client_with_a_part_of_the_text_waits_for_the_rest,
			    0, REFUSERIG_WAYS);
	tcase_add_loop_test(t, what_is_not_remembered_is_answered_all_the_same,
			    0, REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_restart_honours_what_was_given, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t,
			    a_cookie_comes_back_within_its_life_and_not_later,
			    0, REFUSERIG_WAYS);
	suite_add_tcase(s, t);
	return s;
}
