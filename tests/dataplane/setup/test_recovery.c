/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions outlive a restart in which the clock has jumped, and none of them
 * stays for ever.
 * Method: the clock of a rig's worker begins anew at each restart.  So a test
 * sets it before the restart to what it shall have been. */
#include "runner.h"
#include "talk.h"

#define FAR_S 2000000u /* the clock goes back by so much */

static struct rig *rig;

static void
setup(void)
{
	rig = rig_make(1);
}

static void
teardown(void)
{
	rig_free(rig);
}

static struct talk
established(uint16_t port)
{
	const struct end client = talk_client(false, port);

	return talk_open(rig, RIG_FULLNAT_TO4, &client);
}

START_TEST(sessions_end_in_time_if_the_clock_went_back)
{
	rig->worker[0]->now_s = FAR_S;
	const struct talk talk = established(2000);
	const struct end client = talk_client(false, 2001);
	struct talk half = talk_make(rig, RIG_FULLNAT_TO4, &client);

	talk_syn(&half);
	ck_assert_uint_eq(rig_sessions(rig), 2);
	rig_restart(rig);
	ck_assert_uint_lt(rig->worker[0]->now_s, FAR_S);
	rig_pass_s(rig, rig_plan(rig)->service[0].half_open_s + 1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	rig_pass_s(rig, rig_plan(rig)->service[0].idle_s + 1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(sessions_that_carry_mail_may_speak_if_the_clock_went_ahead)
{
	const uint32_t after_s = rig->worker[0]->now_s;

	rig->worker[0]->now_s = 1;
	const struct talk talk = established(2000);
	const struct end client = talk_client(false, 2001);
	struct talk half = talk_make(rig, RIG_FULLNAT_TO4, &client);

	talk_syn(&half);
	rig_restart(rig);
	ck_assert_uint_eq(rig->worker[0]->now_s, after_s);
	ck_assert_uint_gt(after_s, 1 + rig_plan(rig)->service[0].idle_s);
	rig_pass_s(rig, 100);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	rig_pass_s(rig, rig_plan(rig)->service[0].idle_s + 1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(times_that_are_noise_keep_no_session)
{
	const struct talk talk = established(2000);
	struct mx_session *session = talk_session(&talk);

	session->deadline_s = 0x7fffffff;
	session->opened_s = _i ? 0xffffffff : 0;
	rig_restart(rig);
	rig_pass_s(rig, 24 * 3600);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("recovery");
	TCase *t = tcase_create("recovery");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sessions_end_in_time_if_the_clock_went_back);
	tcase_add_test(
		t, sessions_that_carry_mail_may_speak_if_the_clock_went_ahead);
	tcase_add_loop_test(t, times_that_are_noise_keep_no_session, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
