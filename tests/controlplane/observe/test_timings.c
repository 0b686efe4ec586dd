/* SPDX-License-Identifier: BSD-3-Clause */
/* Times of sessions: what came lately, and quantiles of buckets.
 * Method: times of a fixed seed, sorted, beside their buckets: a quantile is in
 * the bucket of the time that the sorted list has there. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "timings.h"

#define TIMES 1000

static struct mx_region *region;
static struct timings *timings;

static void
setup(void)
{
	region = aligned_alloc(64, sizeof(*region));
	memset(region, 0, sizeof(*region));
	region->header.workers = 2;
	timings = calloc(1, sizeof(*timings));
	srand(1);
}

static void
teardown(void)
{
	free(timings);
	free(region);
}

/* A worker has greeted so many sessions after `us` each. */
static void
greet(uint16_t worker, uint16_t id, uint32_t us, uint32_t times)
{
	struct mx_timing *timing = &region->worker[worker].timing[id];

	timing->waits += times;
	timing->wait_us += (uint64_t)us * times;
	timing->wait[mx_time_bucket(us >> MX_WAIT_SHIFT)] += times;
	timing->greeting[MX_GREETING_SERVES] += times;
}

START_TEST(a_bucket_has_the_times_under_its_width_and_no_shorter_ones)
{
	ck_assert_uint_eq(mx_time_bucket(0), 0);
	ck_assert_uint_eq(mx_time_bucket(1), 1);
	ck_assert_uint_eq(mx_time_bucket(2), 2);
	ck_assert_uint_eq(mx_time_bucket(3), 2);
	ck_assert_uint_eq(mx_time_bucket(4), 3);
	ck_assert_uint_eq(mx_time_bucket(UINT32_MAX), MX_TIME_BUCKETS - 1);
}
END_TEST

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

START_TEST(a_quantile_is_in_the_bucket_of_the_time_at_its_place)
{
	static uint32_t sorted[TIMES];
	uint32_t bucket[MX_TIME_BUCKETS] = {0};

	for (int i = 0; i < TIMES; i++) {
		sorted[i] = (uint32_t)rand() >> (17 + rand() % 14);
		bucket[mx_time_bucket(sorted[i])]++;
	}
	qsort(sorted, TIMES, sizeof(sorted[0]), compare);
	for (unsigned percent = 1; percent <= 100; percent++) {
		const uint32_t its = mx_time_bucket(
			sorted[(size_t)TIMES * percent / 100 - 1]);
		const double found = timings_quantile(bucket, percent);

		ck_assert_double_ge(found, its == 0 ? 0 : 1u << (its - 1));
		ck_assert_double_le(found, 1u << its);
	}
}
END_TEST

START_TEST(without_times_there_is_no_quantile)
{
	const uint32_t bucket[MX_TIME_BUCKETS] = {0};

	ck_assert_double_lt(timings_quantile(bucket, 50), 0);
}
END_TEST

START_TEST(what_came_lately_is_that_of_all_workers_and_no_older_than_two_turns)
{
	greet(0, 3, 1000, 5);
	timings_look(timings, region, 1000);
	greet(0, 3, 2000, 2);
	greet(1, 3, 4000, 1);
	ck_assert_uint_eq(timings_recent(timings, region, 3).waits, 3);
	ck_assert_uint_eq(timings_recent(timings, region, 3).wait_us, 8000);
	ck_assert_uint_eq(timings_recent(timings, region, 4).waits, 0);
	timings_look(timings, region, 1000 + TIMINGS_S - 1);
	timings_look(timings, region, 1000 + TIMINGS_S);
	greet(0, 3, 2000, 4);
	ck_assert_uint_eq(timings_recent(timings, region, 3).waits, 7);
	timings_look(timings, region, 1000 + 2 * TIMINGS_S);
	ck_assert_uint_eq(timings_recent(timings, region, 3).waits, 4);
	ck_assert_uint_eq(
		timings_recent(timings, region, 3).greeting[MX_GREETING_SERVES],
		4);
}
END_TEST

START_TEST(counters_that_begin_anew_count_from_zero)
{
	greet(0, 3, 1000, 50);
	timings_look(timings, region, 1000);
	memset(region->worker, 0, sizeof(region->worker));
	greet(0, 3, 3000, 2);
	ck_assert_uint_eq(timings_recent(timings, region, 3).waits, 2);
	ck_assert_uint_eq(timings_recent(timings, region, 3).wait_us, 6000);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("timings");
	TCase *t = tcase_create("timings");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(
		t, a_bucket_has_the_times_under_its_width_and_no_shorter_ones);
	tcase_add_test(t, a_quantile_is_in_the_bucket_of_the_time_at_its_place);
	tcase_add_test(t, without_times_there_is_no_quantile);
	tcase_add_test(
		t,
		what_came_lately_is_that_of_all_workers_and_no_older_than_two_turns);
	tcase_add_test(t, counters_that_begin_anew_count_from_zero);
	suite_add_tcase(s, t);
	return s;
}
