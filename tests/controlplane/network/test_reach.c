/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a next hop answers: each move of the table, and how long a next hop
 * that comes and goes has to wait.
 * Method: a clock that is a number. */
#include <linux/neighbour.h>

#include "reach.h"
#include "runner.h"

static struct reach reach;
static int64_t now_s;

static void
setup(void)
{
	reach = (struct reach){0};
	now_s = 1000;
}

static bool
step(enum reach_news news)
{
	return reach_step(&reach, news, now_s);
}

/* Let it fail and answer again.  Returns how long it waits. */
static int64_t
fail_and_wait(void)
{
	ck_assert(step(REACH_FAILED));
	ck_assert(step(REACH_CONFIRMED));
	const int64_t begin_s = now_s;
	while (reach.state == REACH_RETURNS) {
		now_s++;
		step(REACH_HAS_MAC);
	}
	ck_assert_int_eq(reach.state, REACH_ANSWERS);
	return now_s - begin_s;
}

START_TEST(a_mac_address_is_enough_at_first)
{
	ck_assert(!step(REACH_NO_NEWS));
	ck_assert_int_eq(reach.state, REACH_UNKNOWN);
	ck_assert(step(REACH_HAS_MAC));
	ck_assert_int_eq(reach.state, REACH_ANSWERS);
	ck_assert(!step(REACH_CONFIRMED));
	ck_assert(!step(REACH_NO_NEWS));
	ck_assert_int_eq(reach.since_s, 1000);
}
END_TEST

START_TEST(after_a_failure_only_an_answer_of_now_counts)
{
	ck_assert(step(REACH_FAILED));
	ck_assert_int_eq(reach.state, REACH_SILENT);
	ck_assert(!step(REACH_FAILED));
	ck_assert(!step(REACH_HAS_MAC));
	ck_assert(!step(REACH_NO_NEWS));
	now_s++;
	ck_assert(step(REACH_CONFIRMED));
	ck_assert_int_eq(reach.state, REACH_RETURNS);
	ck_assert_int_eq(reach.since_s, 1001);
}
END_TEST

START_TEST(it_returns_when_it_has_answered_for_its_wait)
{
	step(REACH_FAILED);
	step(REACH_CONFIRMED);
	now_s += REACH_WAIT_S - 1;
	ck_assert(!step(REACH_CONFIRMED));
	ck_assert(step(REACH_FAILED)); /* the wait begins anew */
	ck_assert(step(REACH_CONFIRMED));
	now_s += REACH_WAIT_S;
	ck_assert(!step(REACH_CONFIRMED)); /* and is longer */
	now_s += REACH_WAIT_S;
	ck_assert(step(REACH_NO_NEWS));
	ck_assert_int_eq(reach.state, REACH_ANSWERS);
}
END_TEST

START_TEST(one_that_comes_and_goes_waits_longer_and_longer)
{
	int64_t wait_s = REACH_WAIT_S;

	step(REACH_HAS_MAC);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(fail_and_wait(), wait_s);
		now_s += REACH_CALM_S - 1;
		if (wait_s < REACH_WAIT_MAX_S)
			wait_s *= 2;
	}
	ck_assert_int_eq(wait_s, REACH_WAIT_MAX_S);
	now_s++;
	ck_assert_int_eq(fail_and_wait(), REACH_WAIT_S);
}
END_TEST

START_TEST(the_kernels_states_say_what_they_prove)
{
	static const struct {
		int nud;
		enum reach_news news;
	} states[] = {
		{-1, REACH_NO_NEWS},
		{NUD_NONE, REACH_NO_NEWS},
		{NUD_INCOMPLETE, REACH_NO_NEWS},
		{NUD_REACHABLE, REACH_CONFIRMED},
		{NUD_STALE, REACH_HAS_MAC},
		{NUD_DELAY, REACH_HAS_MAC},
		{NUD_PROBE, REACH_HAS_MAC},
		{NUD_FAILED, REACH_FAILED},
		{NUD_NOARP, REACH_CONFIRMED},
		{NUD_PERMANENT, REACH_CONFIRMED},
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		ck_assert_int_eq(reach_news_of(states[i].nud), states[i].news);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reach");
	TCase *t = tcase_create("reach");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_mac_address_is_enough_at_first);
	tcase_add_test(t, after_a_failure_only_an_answer_of_now_counts);
	tcase_add_test(t, it_returns_when_it_has_answered_for_its_wait);
	tcase_add_test(t, one_that_comes_and_goes_waits_longer_and_longer);
	tcase_add_test(t, the_kernels_states_say_what_they_prove);
	suite_add_tcase(s, t);
	return s;
}
