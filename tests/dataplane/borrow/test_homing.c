/* SPDX-License-Identifier: BSD-3-Clause */
/* A data plane that has lost its sessions gets them back from its peers.
 * Method: borrowrig.h; the local addresses are this box's own. */
#include <string.h>

#include "borrowrig.h"
#include "homing.h"
#include "runner.h"

/* A session of this box, of which a peer tells; then the box starts anew. */
static void
start_anew(enum rig_service service, bool six)
{
	borrowrig_lend(service, six);
	memset(rig_plan(rig)->snat_box, 0, sizeof(rig_plan(rig)->snat_box));
	shadows.count = 1;
	homing_begin(rig->worker[0]);
}

static void
go_through(void)
{
	for (int i = 0; i < 2 * ENTRIES; i++)
		homing_step(rig->worker[0], rig->active);
}

START_TEST(a_session_comes_home)
{
	start_anew(_i ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4, _i);
	go_through();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(rig->count[0].homed, 1);
	ck_assert_uint_eq(borrowrig_refused_in_all(), 0);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	/* Its port is not given away, and others are. */
	for (uint16_t i = 0; i < 500; i++) {
		const struct end client =
			talk_client(_i, (uint16_t)(50000 + i));
		struct talk next = talk_make(rig, talk.service, &client);

		talk_syn(&next);
		ck_assert(next.local.port != talk.local.port ||
			  !mx_addr_equal(&next.local.ip, &talk.local.ip));
	}
	talk_say_data(&talk);
	talk_hear_data(&talk);
}
END_TEST

/* Routers send nothing to a box that has just started. */
START_TEST(a_session_comes_home_to_a_worker_that_sleeps)
{
	start_anew(RIG_FULLNAT_TO4, false);
	borrowrig_rest();
	ck_assert_uint_eq(rig->count[0].homed, 1);
}
END_TEST

START_TEST(it_comes_once)
{
	start_anew(RIG_FULLNAT_TO4, false);
	go_through();
	talk_say(&talk, FIN | ACK);
	talk_hear(&talk, FIN | ACK);
	rig_pass_s(rig, 1000);
	go_through();
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].homed, 1);
}
END_TEST

START_TEST(what_is_not_of_this_box_stays_away)
{
	start_anew(RIG_FULLNAT_TO4, false);
	memset(rig_plan(rig)->snat_box, PEER, sizeof(rig_plan(rig)->snat_box));
	go_through();
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(borrowrig_refused_in_all(), 0);
}
END_TEST

static void
send_syn(void)
{
	const struct end client = talk_client(false, 50000);
	const struct talk next = talk_make(rig, RIG_FULLNAT_TO4, &client);
	const struct segment syn = talk_in(&next, SYN);

	talk_send(&next, WAN, &syn);
	rig_flush(rig);
}

START_TEST(nothing_is_opened_until_the_peers_have_told)
{
	start_anew(RIG_FULLNAT_TO4, false);
	file[0]->state = MX_SHADOW_TEACHING;
	send_syn();
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_HOMING), 1);
	file[0]->state = MX_SHADOW_SYNCED;
	go_through();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	send_syn();
	ck_assert_uint_eq(rig_sessions(rig), 2);
}
END_TEST

START_TEST(a_peer_that_does_not_tell_is_not_waited_for)
{
	start_anew(RIG_FULLNAT_TO4, false);
	file[0]->state = MX_SHADOW_LOST;
	go_through();
	send_syn();
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_HOMING), 1);
	rig->worker[0]->now_s += 5;
	send_syn();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	/* What comes late is taken up all the same. */
	file[0]->state = MX_SHADOW_SYNCED;
	go_through();
	ck_assert_uint_eq(
		rig->count[0].homed + borrowrig_refused(MX_BORROW_TAKEN), 1);
}
END_TEST

START_TEST(without_a_group_nothing_is_waited_for)
{
	start_anew(RIG_FULLNAT_TO4, false);
	rig_plan(rig)->box = 0;
	send_syn();
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("homing");
	TCase *t = tcase_create("homing");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, borrowrig_make, borrowrig_free);
	tcase_add_loop_test(t, a_session_comes_home, 0, 2);
	tcase_add_test(t, a_session_comes_home_to_a_worker_that_sleeps);
	tcase_add_test(t, it_comes_once);
	tcase_add_test(t, what_is_not_of_this_box_stays_away);
	tcase_add_test(t, nothing_is_opened_until_the_peers_have_told);
	tcase_add_test(t, a_peer_that_does_not_tell_is_not_waited_for);
	tcase_add_test(t, without_a_group_nothing_is_waited_for);
	suite_add_tcase(s, t);
	return s;
}
