/* SPDX-License-Identifier: BSD-3-Clause */
/* A deadline: it comes when its time is over, whatever happens to the wall clock,
 * to this process and to the machine.
 * Method: two clocks that the test moves. */
#include <check.h>
#include <limits.h>

#include "deadline.h"
#include "duration.h"
#include "runner.h"

#define DAY 86400
#define WALL INT64_C(1800000000)

static struct moment now;
static struct deadline d;

static void
setup(void)
{
	now = (struct moment){.s = 1000, .wall_s = WALL};
	d = deadline_in(7200, &now);
}

static void
pass(int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		now.s++;
		now.wall_s++;
		deadline_follow(&d, &now);
	}
}

/* This process is started again; with the machine, if it is rebooted. */
static void
restart(bool reboot, int64_t took_s)
{
	now.wall_s += took_s;
	now.s = reboot ? 10 : now.s + took_s;
	d = deadline_recall(&d, !reboot, &now);
}

static void
is_left(int64_t seconds)
{
	ck_assert_int_eq(deadline_left_s(&d, &now), seconds);
	ck_assert(deadline_is_over(&d, &now) == (seconds == 0));
}

START_TEST(it_comes_when_its_time_is_over)
{
	is_left(7200);
	pass(7199);
	is_left(1);
	pass(1);
	is_left(0);
}
END_TEST

START_TEST(no_deadline_never_comes)
{
	d = deadline_in(0, &now);
	pass(10);
	ck_assert(!deadline_is_set(&d) && !deadline_is_over(&d, &now));
	restart(true, DAY);
	ck_assert(!deadline_is_set(&d) && !deadline_is_over(&d, &now));
}
END_TEST

START_TEST(a_wall_clock_that_jumps_changes_nothing)
{
	static const int64_t jumps[] = {DAY, -DAY, 3650 * DAY, -3650 * DAY};

	pass(100);
	now.wall_s += jumps[_i];
	ck_assert(deadline_follow(&d, &now)); /* to be shown and saved */
	ck_assert(!deadline_follow(&d, &now));
	is_left(7100);
	ck_assert_int_eq(d.wall_s, now.wall_s + 7100);
	restart(false, 100);
	is_left(7000);
	pass(7000);
	is_left(0);
}
END_TEST

START_TEST(a_restart_of_the_process_changes_nothing)
{
	restart(false, 7199);
	is_left(1);
	restart(false, 5 * DAY);
	is_left(0);
}
END_TEST

START_TEST(a_start_of_the_machine_counts_by_the_wall_clock)
{
	restart(true, 600);
	is_left(6600);
	pass(DEADLINE_SETTLE_S);
	is_left(6600 - DEADLINE_SETTLE_S);
	now.wall_s += DAY; /* from now on, no jump counts */
	is_left(6600 - DEADLINE_SETTLE_S);
	pass(6600 - DEADLINE_SETTLE_S);
	is_left(0);
}
END_TEST

START_TEST(a_clock_that_is_wrong_after_the_start_is_set_in_time)
{
	const int64_t jump = _i == 0 ? DAY : -DAY;

	restart(true, 600 + jump);
	ck_assert(!deadline_is_over(&d, &now));
	pass(60);
	ck_assert(!deadline_is_over(&d, &now));
	now.wall_s -= jump;
	pass(DEADLINE_SETTLE_S - 60);
	is_left(6600 - DEADLINE_SETTLE_S);
}
END_TEST

START_TEST(a_clock_that_stays_behind_makes_it_late_by_its_whole_time_at_most)
{
	restart(true, -3650 * DAY);
	is_left(7200);
	pass(DEADLINE_SETTLE_S + 7200);
	is_left(0);
}
END_TEST

START_TEST(a_long_stop_of_the_machine_ends_it_after_the_settling)
{
	restart(true, 30 * DAY);
	is_left(DEADLINE_SETTLE_S);
	pass(DEADLINE_SETTLE_S - 1);
	is_left(1);
	restart(false, 0); /* the settling goes on */
	is_left(1);
	pass(1);
	is_left(0);
}
END_TEST

START_TEST(numbers_of_a_bad_file_stay_in_bounds)
{
	static const int64_t odd[] = {
		INT64_MIN,      INT64_MIN + 1, -1,       0, 1,
		DURATION_MAX_S, INT64_MAX - 1, INT64_MAX};
	const int count = sizeof(odd) / sizeof(odd[0]);

	for (int i = 0; i < count * count * count * count * 2; i++) {
		const struct deadline saved = {
			.for_s = odd[i % count],
			.at_s = odd[i / count % count],
			.wall_s = odd[i / count / count % count],
			.settle_s = odd[i / count / count / count % count]};
		d = deadline_recall(&saved, i % 2 == 0, &now);
		if (saved.for_s <= 0) {
			ck_assert(!deadline_is_set(&d));
			continue;
		}
		const int64_t left = deadline_left_s(&d, &now);
		ck_assert_int_ge(left, 0);
		ck_assert_int_le(left, DURATION_MAX_S);
		deadline_follow(&d, &now);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("deadline");
	TCase *t = tcase_create("deadline");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, it_comes_when_its_time_is_over);
	tcase_add_test(t, no_deadline_never_comes);
	tcase_add_loop_test(t, a_wall_clock_that_jumps_changes_nothing, 0, 4);
	tcase_add_test(t, a_restart_of_the_process_changes_nothing);
	tcase_add_test(t, a_start_of_the_machine_counts_by_the_wall_clock);
	tcase_add_loop_test(
		t, a_clock_that_is_wrong_after_the_start_is_set_in_time, 0, 2);
	tcase_add_test(
		t,
		a_clock_that_stays_behind_makes_it_late_by_its_whole_time_at_most);
	tcase_add_test(t,
		       a_long_stop_of_the_machine_ends_it_after_the_settling);
	tcase_add_test(t, numbers_of_a_bad_file_stay_in_bounds);
	suite_add_tcase(s, t);
	return s;
}
