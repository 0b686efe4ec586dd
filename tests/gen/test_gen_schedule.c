/* SPDX-License-Identifier: BSD-3-Clause */
/* The schedule: a late session keeps its own time.
 * Method: made-up clocks that run well, that stall, and that stand still. */
#include "runner.h"
#include "schedule.h"

#define HZ UINT64_C(2600000000)
#define GAP 2.6e6 /* 1,000 a second */

static struct schedule schedule;

/* Take all sessions that are due by then.  Returns how many, and the time of
 * the last one. */
static uint32_t
take_due(uint64_t now_tsc, uint64_t *intended_tsc)
{
	uint32_t count = 0;

	while (schedule_due(&schedule, now_tsc, intended_tsc)) {
		ck_assert_uint_le(*intended_tsc, now_tsc);
		schedule_take(&schedule);
		count++;
	}
	return count;
}

START_TEST(a_stall_changes_no_intended_time)
{
	const uint64_t start = 5 * HZ;
	uint64_t intended[2000], again, number = 0;

	/* Asked all the time, */
	schedule_init(&schedule, GAP, _i == 1, 2000, 7);
	schedule_start(&schedule, start, 0);
	for (uint64_t now = start; number < 2000; now += HZ / 10000)
		while (schedule_due(&schedule, now, &intended[number])) {
			schedule_take(&schedule);
			number++;
		}
	/* and after ten seconds in which nobody has asked. */
	schedule_init(&schedule, GAP, _i == 1, 2000, 7);
	schedule_start(&schedule, start, 0);
	for (number = 0; number < 2000; number++) {
		ck_assert(schedule_due(&schedule, start + 10 * HZ, &again));
		ck_assert_uint_eq(again, intended[number]);
		schedule_take(&schedule);
	}
	ck_assert(schedule_over(&schedule, start + 10 * HZ));
}
END_TEST

START_TEST(a_constant_rate_is_even)
{
	uint64_t intended;

	schedule_init(&schedule, GAP, false, 0, 1);
	schedule_start(&schedule, HZ, 0);
	ck_assert_uint_eq(take_due(HZ, &intended), 1);
	for (uint64_t s = 1; s <= 100; s++)
		ck_assert_uint_eq(take_due(HZ + s * HZ, &intended), 1000);
}
END_TEST

START_TEST(a_poisson_rate_is_right_on_average_and_uneven)
{
	uint64_t intended;
	uint32_t total = 0, least = UINT32_MAX, most = 0;

	schedule_init(&schedule, GAP, true, 0, 1);
	schedule_start(&schedule, HZ, 0);
	for (uint64_t s = 1; s <= 100; s++) {
		const uint32_t count = take_due(HZ + s * HZ, &intended);

		total += count;
		least = count < least ? count : least;
		most = count > most ? count : most;
	}
	ck_assert_uint_gt(total, 98000);
	ck_assert_uint_lt(total, 102000);
	/* Counts in a second deviate by 32 or so. */
	ck_assert_uint_gt(most, 1040);
	ck_assert_uint_lt(least, 960);
}
END_TEST

START_TEST(the_duration_ends_it)
{
	uint64_t intended;

	schedule_init(&schedule, GAP, false, 0, 1);
	schedule_start(&schedule, HZ, HZ / 2);
	ck_assert(!schedule_over(&schedule, HZ));
	ck_assert_uint_eq(take_due(10 * HZ, &intended), 500);
	ck_assert(schedule_over(&schedule, 10 * HZ));
}
END_TEST

START_TEST(a_closed_loop_is_due_now)
{
	uint64_t intended;

	schedule_init(&schedule, 0, false, 3, 1);
	schedule_start(&schedule, HZ, HZ);
	for (uint64_t now = HZ; now < HZ + 3; now++) {
		ck_assert(schedule_due(&schedule, now, &intended));
		ck_assert_uint_eq(intended, now);
		schedule_take(&schedule);
	}
	ck_assert(!schedule_due(&schedule, HZ + 3, &intended));
	ck_assert(schedule_over(&schedule, HZ + 3));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_schedule");
	TCase *c = tcase_create("gen_schedule");

	tcase_add_loop_test(c, a_stall_changes_no_intended_time, 0, 2);
	tcase_add_test(c, a_constant_rate_is_even);
	tcase_add_test(c, a_poisson_rate_is_right_on_average_and_uneven);
	tcase_add_test(c, the_duration_ends_it);
	tcase_add_test(c, a_closed_loop_is_due_now);
	suite_add_tcase(s, c);
	return s;
}
