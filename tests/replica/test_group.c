/* SPDX-License-Identifier: BSD-3-Clause */
/* Boxes of a group tell each other their sessions, whatever ends or starts. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "grouprig.h"
#include "runner.h"

#define COUNT 1000u

static struct grouprig_box *const box = grouprig_box;

static void
setup(void)
{
	grouprig_setup(2, COUNT);
}

static bool
is_synced(uint8_t at, uint8_t of, uint32_t sessions)
{
	return grouprig_state(at, of) == MX_SHADOW_SYNCED &&
	       grouprig_used(at, of) == sessions;
}

static void
put(uint8_t of, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		boxrig_put(&box[of].rig, i, i, of);
}

START_TEST(each_box_has_the_sessions_of_the_other)
{
	const struct replicated *told = &box[1].replica.own.replicated;

	put(1, 0, 100);
	put(2, 900, 200);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(2, 1, 100) && is_synced(1, 2, 200));
	for (uint32_t i = 0; i < 100; i++)
		ck_assert(boxrig_has(&box[2].rig, 1, i, 1));
	put(1, 100, 5);
	boxrig_end(&box[1].rig, 0);
	atomic_store(&boxrig_at(&box[1].rig, 7)->state, MX_SESSION_CLIENT_FIN);
	GROUPRIG_WAIT(grouprig_used(2, 1) == 104);
	struct mx_shadow_entry entry;
	do
		ck_assert(boxrig_entry(&box[2].rig, 1, 7, &entry));
	while (entry.session.state != MX_SESSION_CLIENT_FIN &&
	       (grouprig_go_on("CLIENT_FIN"), true));
	ck_assert(!boxrig_has(&box[2].rig, 1, 0, 1));
	GROUPRIG_WAIT(told->peer[0].to.lag_ms < 1000 &&
		      told->peer[0].from.sessions == 200);
	ck_assert_uint_eq(told->peer[0].box, 2);
	ck_assert_uint_eq(told->peer[0].to.state, REPLICATED_SYNCED);
	ck_assert_uint_eq(told->peer[0].from.state, REPLICATED_SYNCED);
	ck_assert_uint_eq(told->peer[0].same, 1);
	grouprig_stop(1);
	ck_assert_uint_eq(grouprig_state(1, 2), MX_SHADOW_LOST);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_LOST);
	ck_assert_uint_eq(grouprig_used(2, 1), 104);
}
END_TEST

START_TEST(a_killed_process_is_taught_anew)
{
	put(1, 0, 50);
	put(2, 0, 60);
	grouprig_fork(2);
	grouprig_start(1);
	GROUPRIG_WAIT(is_synced(2, 1, 50) && is_synced(1, 2, 60));
	grouprig_kill(2);
	GROUPRIG_WAIT(grouprig_state(1, 2) == MX_SHADOW_LOST);
	ck_assert_uint_eq(grouprig_state(2, 1), MX_SHADOW_SYNCED);
	/* Meanwhile some come and some go. */
	boxrig_end(&box[1].rig, 3);
	put(1, 50, 10);
	put(2, 60, 10);
	grouprig_fork(2);
	GROUPRIG_WAIT(is_synced(2, 1, 59) && is_synced(1, 2, 70));
	ck_assert(!boxrig_has(&box[2].rig, 1, 3, 1));
	ck_assert(boxrig_has(&box[2].rig, 1, 4, 1));
	ck_assert(boxrig_has(&box[2].rig, 1, 59, 1));
	grouprig_kill(2);
}
END_TEST

START_TEST(a_second_process_is_refused)
{
	static struct replica second;

	grouprig_start(1);
	ck_assert_int_eq(
		replica_open(&second, grouprig_base, box[1].rig.instance),
		-EBUSY);
}
END_TEST

/* A data plane that starts has other sessions, and perhaps other sizes. */
START_TEST(a_data_plane_that_starts_is_taught_anew)
{
	put(1, 0, 50);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
	boxrig_stop(&box[1].rig);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_LOST);
	ck_assert_uint_eq(grouprig_used(2, 1), 50);
	if (_i == 1)
		box[1].rig.count *= 2;
	boxrig_start(&box[1].rig);
	put(1, 40, 20);
	GROUPRIG_WAIT(is_synced(2, 1, 20));
	ck_assert(boxrig_has(&box[2].rig, 1, 45, 1));
}
END_TEST

START_TEST(a_shadow_that_was_removed_is_made_again)
{
	put(1, 0, 50);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
	ck_assert_int_eq(
		unlink(box[2].replica.peers.peer[0].receiver.sink.path), 0);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
	/* And all of the folder. */
	boxrig_remove_control(&box[2].rig);
	GROUPRIG_WAIT(!box[2].replica.works);
	boxrig_make_control(&box[2].rig);
	grouprig_write_sheet(2);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
}
END_TEST

START_TEST(the_sheet_is_followed)
{
	struct groupsheet *sheet = &box[2].rig.sheet;
	const struct groupsheet was = *sheet;

	put(1, 0, 50);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
	/* Another digest is shown. */
	sheet->digest[0]++;
	grouprig_write_sheet(2);
	GROUPRIG_WAIT(!box[1].replica.own.replicated.peer[0].same &&
		      !box[2].replica.own.replicated.peer[0].same);
	/* The peer leaves, and its shadow with it. */
	sheet->peers = 0;
	grouprig_write_sheet(2);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_EMPTY);
	*sheet = was;
	grouprig_write_sheet(2);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
	/* There is no group. */
	sheet->box = 0;
	grouprig_write_sheet(2);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_EMPTY);
	ck_assert(!box[2].replica.works);
	*sheet = was;
	grouprig_write_sheet(2);
	GROUPRIG_WAIT(is_synced(2, 1, 50));
}
END_TEST

/* Box 1 has lost its sessions; box 2 carries two of them.  Before it is told that
 * box 1 has none, box 1 has been told of these two; also if the clock of box 1 was
 * set back by an hour just after the start. */
START_TEST(a_box_that_lost_its_sessions_hears_before_it_tells)
{
	struct mx_shadow_entry entry;

	box[1].rig.region->header.started_s = time(NULL) + _i * 3600;
	boxrig_put(&box[2].rig, 3, 3, 1);
	boxrig_put(&box[2].rig, 4, 4, 1);
	boxrig_put(&box[2].rig, 5, 5, 2);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(grouprig_state(1, 2) == MX_SHADOW_SYNCED);
	ck_assert_uint_ne(grouprig_state(2, 1), MX_SHADOW_SYNCED);
	ck_assert_uint_eq(grouprig_used(1, 2), 3);
	ck_assert(boxrig_entry(&box[1].rig, 2, 4, &entry));
	boxrig_put(&box[1].rig, 0, 3, 1);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_SYNCED);
	/* Now it is box 1 that tells them. */
	GROUPRIG_WAIT(grouprig_used(1, 2) == 1);
	ck_assert_uint_eq(grouprig_used(2, 1), 1);
}
END_TEST

/* The host of box 1 starts anew, with nothing in /dev/shm; its network comes later. */
static void
begin_empty(void)
{
	boxrig_stop(&box[1].rig);
	boxrig_remove_control(&box[1].rig);
	boxrig_make_control(&box[1].rig);
	grouprig_write_sheet(1);
	boxrig_start(&box[1].rig);
	box[1].rig.region->header.started_s = time(NULL) - 30;
}

/* Sessions of box 1 that had no packet are in the shadow of box 1 alone.  Box 2 has
 * taken two over, of which one is through.  In the second run, its mxsteer-replica
 * is restarted meanwhile. */
START_TEST(a_box_that_comes_back_empty_gets_its_silent_sessions)
{
	put(1, 0, 100);
	put(2, 100, 10);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(2, 1, 100) && is_synced(1, 2, 10));
	grouprig_stop(1);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_LOST);
	for (uint32_t i = 98; i < 100; i++) {
		boxrig_put(&box[2].rig, i, i, 1);
		boxrig_at(&box[2].rig, i)->deadline_s++;
	}
	GROUPRIG_WAIT(grouprig_used(2, 1) == 98);
	boxrig_end(&box[2].rig, 99);
	if (_i == 1) {
		grouprig_stop(2);
		grouprig_start(2);
	}
	begin_empty();
	grouprig_start(1);
	GROUPRIG_WAIT(is_synced(1, 2, 10 + 99));
	ck_assert_uint_ne(grouprig_state(2, 1), MX_SHADOW_SYNCED);
	for (uint32_t i = 0; i < 99; i++)
		ck_assert(boxrig_has(&box[1].rig, 2, i, 1));
	/* Box 1 takes them home. */
	put(1, 0, 99);
	GROUPRIG_WAIT(is_synced(2, 1, 99));
	for (uint32_t i = 0; i < 99; i++)
		ck_assert(boxrig_has(&box[2].rig, 1, i, 1));
	/* And box 2 has none of them any more for box 1. */
	GROUPRIG_WAIT(is_synced(1, 2, 10));
}
END_TEST

static void
setup_three(void)
{
	grouprig_setup(3, COUNT);
}

/* Box 3 keeps no session of box 1 that box 2 had taken over, and that is through. */
START_TEST(a_session_that_is_over_at_another_box_is_not_kept)
{
	put(1, 0, 10);
	for (uint8_t i = 1; i <= 3; i++)
		grouprig_start(i);
	GROUPRIG_WAIT(is_synced(2, 1, 10) && is_synced(3, 1, 10) &&
		      is_synced(3, 2, 0));
	grouprig_stop(1);
	GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_LOST &&
		      grouprig_state(3, 1) == MX_SHADOW_LOST);
	boxrig_put(&box[2].rig, 9, 9, 1);
	boxrig_at(&box[2].rig, 9)->deadline_s++;
	GROUPRIG_WAIT(grouprig_used(3, 2) == 1);
	ck_assert(boxrig_has(&box[3].rig, 1, 9, 1));
	boxrig_end(&box[2].rig, 9);
	GROUPRIG_WAIT(grouprig_used(3, 2) == 0);
	ck_assert(!boxrig_has(&box[3].rig, 1, 9, 1));
	ck_assert_uint_eq(grouprig_used(3, 1), 9);
}
END_TEST

START_TEST(a_box_that_has_kept_its_sessions_is_given_none)
{
	put(1, 0, 100);
	put(2, 0, 10);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(2, 1, 100) && is_synced(1, 2, 10));
	grouprig_stop(1);
	boxrig_end(&box[1].rig, 7);
	grouprig_start(1);
	GROUPRIG_WAIT(is_synced(2, 1, 99) && is_synced(1, 2, 10));
	ck_assert(!boxrig_has(&box[2].rig, 1, 7, 1));
	/* All but the first were waited for. */
	ck_assert_uint_le(box[2].replica.peers.peer[0].sender.teller.give.told,
			  1);
}
END_TEST

START_TEST(two_new_boxes_do_not_wait_for_each_other)
{
	box[1].rig.region->header.started_s = time(NULL);
	box[2].rig.region->header.started_s = time(NULL);
	grouprig_start(1);
	grouprig_start(2);
	GROUPRIG_WAIT(is_synced(1, 2, 0) && is_synced(2, 1, 0));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("group");
	TCase *tc = tcase_create("group");

	tcase_add_checked_fixture(tc, setup, grouprig_teardown);
	tcase_add_test(tc, each_box_has_the_sessions_of_the_other);
	tcase_add_test(tc, a_killed_process_is_taught_anew);
	tcase_add_test(tc, a_second_process_is_refused);
	tcase_add_loop_test(tc, a_data_plane_that_starts_is_taught_anew, 0, 2);
	tcase_add_test(tc, a_shadow_that_was_removed_is_made_again);
	tcase_add_test(tc, the_sheet_is_followed);
	tcase_add_loop_test(
		tc, a_box_that_lost_its_sessions_hears_before_it_tells, 0, 2);
	tcase_add_loop_test(
		tc, a_box_that_comes_back_empty_gets_its_silent_sessions, 0, 2);
	tcase_add_test(tc, a_box_that_has_kept_its_sessions_is_given_none);
	tcase_add_test(tc, two_new_boxes_do_not_wait_for_each_other);
	suite_add_tcase(s, tc);
	tc = tcase_create("three");
	tcase_add_checked_fixture(tc, setup_three, grouprig_teardown);
	tcase_add_test(tc, a_session_that_is_over_at_another_box_is_not_kept);
	suite_add_tcase(s, tc);
	return s;
}
