/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a session: how segments move it, which timer runs, when a SYN
 * opens a new one, and that it outlives the process.
 * Method: real worker_poll() over ring ports. */
#include "onerig.h"
#include "proxyheader.h"
#include "runner.h"

static struct talk
send_syn(uint16_t client_port)
{
	const struct end client = talk_client(false, client_port);
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &client);

	talk_syn(&talk);
	return talk;
}

static struct talk
establish(uint16_t client_port)
{
	const struct end client = talk_client(false, client_port);

	return talk_open(rig, RIG_FULLNAT_TO4, &client);
}

static int
number_of(const struct talk *talk)
{
	return rig_mta_number(&talk->mta.ip);
}

static bool
same_local(const struct talk *a, const struct talk *b)
{
	return a->local.port == b->local.port &&
	       mx_addr_equal(&a->local.ip, &b->local.ip);
}

START_TEST(a_session_lives_from_handshake_to_both_fins)
{
	const struct talk talk = send_syn(40000);

	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_OPENING);
	talk_hear(&talk, SYN | ACK);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ANSWERED);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 0);
	talk_say(&talk, ACK);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_GREETING);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 1);
	talk_hear_data(&talk);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	talk_say(&talk, FIN | ACK);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_CLIENT_FIN);
	talk_hear(&talk, ACK | PSH);
	talk_hear(&talk, FIN | ACK);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_CLOSING);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
	talk_say(&talk, ACK);
	rig_pass_s(rig, 120);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_FREE);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 1);
	ck_assert_uint_eq(rig->count[0].service[0].attempts, 1);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
	ck_assert_uint_eq(rig->count[0].service[0].abandoned, 0);
}
END_TEST

START_TEST(timers_are_those_of_the_state)
{
	static const struct {
		uint32_t after_s;
		bool established;
		bool lives;
	} cases[] = {
		{29, false, true},
		{30, false, false},
		{899, true, true},
		{900, true, false},
	};
	const struct talk talk =
		cases[_i].established ? establish(40000) : send_syn(40000);

	rig_pass_s(rig, cases[_i].after_s);
	ck_assert_int_eq(talk_state(&talk) != MX_SESSION_FREE, cases[_i].lives);
	ck_assert_uint_eq(rig->count[0].service[0].abandoned,
			  !cases[_i].lives && cases[_i].established);
	ck_assert_uint_eq(rig->count[0].service[0].lapsed,
			  !cases[_i].lives && !cases[_i].established);
}
END_TEST

START_TEST(an_answer_after_nine_silent_minutes_arrives_even_half_closed)
{
	const struct talk talk = establish(40000);

	talk_say(&talk, FIN | ACK);
	rig_pass_s(rig, 9 * 60);
	talk_hear(&talk, ACK | PSH);
}
END_TEST

START_TEST(a_reset_is_passed_on_and_data_of_the_backend_revives)
{
	const struct talk talk = establish(40000);

	talk_hear(&talk, RST);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_RESET);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
	talk_say_data(&talk);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_RESET);
	talk_hear_data(&talk);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 0);
}
END_TEST

START_TEST(a_repeated_syn_goes_where_the_first_one_went)
{
	const struct talk first = send_syn(40000);
	const struct talk again = send_syn(40000);

	ck_assert_int_eq(number_of(&first), number_of(&again));
	ck_assert_uint_eq(first.local.port, again.local.port);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_syn_on_a_live_session_leaves_it_alone)
{
	const struct talk first = establish(40000);
	const struct talk again = send_syn(40000);

	ck_assert_uint_eq(first.local.port, again.local.port);
	ck_assert_uint_eq(talk_state(&first), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(a_syn_on_a_closing_session_opens_a_new_one)
{
	const struct talk first = establish(40000);

	talk_say(&first, FIN | ACK);
	talk_hear(&first, FIN | ACK);
	const struct talk again = send_syn(40000);
	ck_assert(!same_local(&first, &again));
	ck_assert_uint_eq(talk_state(&again), MX_SESSION_OPENING);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_syn_never_follows_an_old_session_to_a_backend_that_is_down)
{
	const struct talk first = establish(40000);
	const int gone = number_of(&first) - 1;
	uint16_t weight[3] = {100, 100, 100};

	weight[gone] = 0;
	rig_set_weights(rig, weight);
	rig_plan(rig)->backend[gone + 1].up = 0;
	/* The backend may only be slow, and the SYN may be a stranger's: the
	 * backend is asked. */
	ck_assert_int_eq(number_of(&first),
			 number_of(&(struct talk[1]){send_syn(40000)}[0]));
	ck_assert_uint_eq(talk_state(&first), MX_SESSION_DOUBTED);
	rig_pass_ms(rig, 3100);
	rig_flush(rig);
	rig_pass_s(rig, 3);
	const struct talk again = send_syn(40000);
	ck_assert_int_ne(number_of(&first), number_of(&again));
}
END_TEST

START_TEST(a_syn_on_a_live_session_of_a_draining_backend_leaves_it_alone)
{
	const struct talk live = establish(40000);
	const struct talk half = send_syn(40001);
	const int live_at = number_of(&live) - 1;
	const int half_at = number_of(&half) - 1;
	uint16_t weight[3] = {100, 100, 100};

	weight[live_at] = weight[half_at] = 0;
	rig_set_weights(rig, weight);
	ck_assert_uint_eq(send_syn(40000).local.port, live.local.port);
	ck_assert_uint_eq(talk_state(&live), MX_SESSION_ESTABLISHED);
	/* A session without an answer goes to another backend. */
	const struct talk again = send_syn(40001);
	ck_assert_int_ne(number_of(&again), number_of(&half));
}
END_TEST

/* The client may have the SYN-ACK by now.  In dsr mxsteer never sees it. */
START_TEST(a_syn_that_may_be_answered_stays_with_a_draining_backend)
{
	static const uint16_t none[3] = {0, 0, 0};
	const struct end client = talk_client(false, 40001);
	const struct talk answered = send_syn(40000);
	struct talk unseen = talk_make(rig, RIG_DSR_TO4, &client);

	talk_hear(&answered, SYN | ACK);
	talk_syn(&unseen);
	const int first = number_of(&unseen);
	rig_set_weights(rig, none);
	ck_assert_uint_eq(send_syn(40000).local.port, answered.local.port);
	ck_assert_uint_eq(talk_state(&answered), MX_SESSION_ANSWERED);
	talk_syn(&unseen);
	ck_assert_int_eq(number_of(&unseen), first);
}
END_TEST

START_TEST(a_session_stays_with_a_backend_that_takes_no_new_ones)
{
	const struct talk talk = establish(40000);
	const int gone = number_of(&talk) - 1;
	uint16_t weight[3] = {100, 100, 100};

	weight[gone] = 0;
	rig_set_weights(rig, weight);
	talk_say(&talk, ACK | PSH);
	talk_hear(&talk, ACK | PSH);
	for (uint16_t port = 1000; port < 1200; port++) {
		const struct talk other = send_syn(port);
		ck_assert_int_ne(number_of(&other), number_of(&talk));
	}
}
END_TEST

START_TEST(sessions_outlive_the_process)
{
	struct talk talk[200];

	for (uint16_t i = 0; i < 200; i++)
		talk[i] = establish((uint16_t)(2000 + i));
	rig_restart(rig);
	ck_assert_uint_eq(rig_sessions(rig), 200);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 200);
	for (uint16_t i = 0; i < 200; i++) {
		talk_say(&talk[i], ACK | PSH);
		talk_hear(&talk[i], ACK | PSH);
	}
	const struct talk fresh = send_syn(5000);
	for (uint16_t i = 0; i < 200; i++)
		ck_assert(!same_local(&fresh, &talk[i]));
}
END_TEST

START_TEST(sessions_of_a_spoilt_file_are_left_behind)
{
	struct mx_session *session = rig->file[0]->session;

	establish(2000);
	establish(2001);
	establish(2002);
	establish(2003);
	establish(2004);
	establish(2005);
	establish(2006);
	establish(2007);
	establish(2008);
	establish(2009);
	/* Indexes are given out in order. */
	atomic_store(&session[0].state, 77);
	session[1].backend = 60000;
	session[2].local_port_be = session[3].local_port_be;
	session[2].local_be = session[3].local_be;
	session[4].client_port = 200;
	session[5].kind |= 0x10;
	session[6].shifts = MX_PROXY_HEADER_MAX + 1;
	session[7].ack_shift = 5;
	session[8].shifts |= MX_SESSION_TOLD;
	session[9].flags = MX_SESSION_PROXY_SENT << MX_SESSION_PROXY_SHIFT;
	rig_restart(rig);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("poll");
	TCase *t = tcase_create("poll");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_session_lives_from_handshake_to_both_fins);
	tcase_add_loop_test(t, timers_are_those_of_the_state, 0, 4);
	tcase_add_test(
		t,
		an_answer_after_nine_silent_minutes_arrives_even_half_closed);
	tcase_add_test(t, a_reset_is_passed_on_and_data_of_the_backend_revives);
	tcase_add_test(t, a_repeated_syn_goes_where_the_first_one_went);
	tcase_add_test(t, a_syn_on_a_live_session_leaves_it_alone);
	tcase_add_test(t, a_syn_on_a_closing_session_opens_a_new_one);
	tcase_add_test(
		t,
		a_syn_never_follows_an_old_session_to_a_backend_that_is_down);
	tcase_add_test(
		t,
		a_syn_on_a_live_session_of_a_draining_backend_leaves_it_alone);
	tcase_add_test(
		t, a_syn_that_may_be_answered_stays_with_a_draining_backend);
	tcase_add_test(t,
		       a_session_stays_with_a_backend_that_takes_no_new_ones);
	tcase_add_test(t, sessions_outlive_the_process);
	tcase_add_test(t, sessions_of_a_spoilt_file_are_left_behind);
	suite_add_tcase(s, t);
	return s;
}
