/* SPDX-License-Identifier: BSD-3-Clause */
/* A service that begins to refuse is reported once, and once more when it has
 * stopped.
 * Method: one counter by hand, read by a made-up clock. */
#include "refusal.h"
#include "runner.h"

static struct refusal r;

static void
setup(void)
{
	r = (struct refusal){0};
}

START_TEST(what_was_refused_before_the_first_look_is_no_news)
{
	ck_assert_int_eq(refusal_step(&r, 1000, 1), REFUSAL_NO_NEWS);
	ck_assert(!r.active);
}
END_TEST

START_TEST(an_episode_begins_and_ends_once)
{
	refusal_step(&r, 1000, 1);
	ck_assert_int_eq(refusal_step(&r, 1001, 2), REFUSAL_BEGINS);
	ck_assert_int_eq(refusal_step(&r, 1004, 30), REFUSAL_NO_NEWS);
	ck_assert_uint_eq(r.count, 4);
	ck_assert_int_eq(refusal_step(&r, 1004, 89), REFUSAL_NO_NEWS);
	ck_assert_int_eq(refusal_step(&r, 1004, 90), REFUSAL_ENDS);
	ck_assert_int_eq(refusal_step(&r, 1004, 200), REFUSAL_NO_NEWS);
	ck_assert_int_eq(refusal_step(&r, 1005, 201), REFUSAL_BEGINS);
	ck_assert_uint_eq(r.count, 1);
}
END_TEST

START_TEST(a_data_plane_that_starts_again_counts_from_zero)
{
	refusal_step(&r, 1000, 1);
	ck_assert_int_eq(refusal_step(&r, 0, 2), REFUSAL_NO_NEWS);
	ck_assert_int_eq(refusal_step(&r, 2, 3), REFUSAL_BEGINS);
	ck_assert_uint_eq(r.count, 2);
	ck_assert_int_eq(refusal_step(&r, 1, 4), REFUSAL_NO_NEWS);
	ck_assert_uint_eq(r.count, 3);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("refusal");
	TCase *t = tcase_create("refusal");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, what_was_refused_before_the_first_look_is_no_news);
	tcase_add_test(t, an_episode_begins_and_ends_once);
	tcase_add_test(t, a_data_plane_that_starts_again_counts_from_zero);
	suite_add_tcase(s, t);
	return s;
}
