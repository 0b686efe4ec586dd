/* SPDX-License-Identifier: BSD-3-Clause */
/* The times of probes: in turns, again and again, sooner while in doubt, and
 * never after they are freed.
 * Method: real probes on a clock that the test moves (faketime.c); the test
 * answers them (fakeattempt.c).  test_probe.c has what an attempt says. */
#include <string.h>

#include "clock.h"
#include "fakeattempt.h"
#include "faketime.h"
#include "probe.h"
#include "runner.h"

#define PROBES_AT_ONCE 2
#define HOUR_MS (3600 * 1000)
#define CROWD 7

static struct event_base *base;
static struct probes *probes;
static struct probe *probe[CROWD];
static uint32_t ends[CROWD]; /* results of each */
static struct probe_result last;
static bool free_at_once;
static struct fakeattempt_answer answer;

struct fakeattempt_answer
fakeattempt_answer(const struct mx_endpoint *endpoint)
{
	(void)endpoint;
	return answer;
}

static void
on_end(void *arg, const struct probe_result *result)
{
	const uint32_t i = (uint32_t)((struct probe **)arg - probe);

	last = *result;
	ends[i]++;
	if (free_at_once) {
		probe_free(probe[i]);
		probe[i] = NULL;
	}
}

static void
setup(void)
{
	base = event_base_new();
	probes = probes_new(base, PROBES_AT_ONCE);
	memset(ends, 0, sizeof(ends));
	free_at_once = false;
	fakeattempt_forget();
}

static void
teardown(void)
{
	for (int i = 0; i < CROWD; i++) {
		probe_free(probe[i]);
		probe[i] = NULL;
	}
	probes_free(probes);
	event_base_free(base);
}

static void
start(int count, uint32_t interval_ms, uint32_t timeout_ms)
{
	const struct attempt_task task = {.check = {.type = MX_CHECK_SMTP,
						    .interval_ms = interval_ms,
						    .timeout_ms = timeout_ms}};

	for (int i = 0; i < count; i++)
		probe[i] = probe_new(probes, &task, on_end, &probe[i]);
}

static void
answer_at_once(void)
{
	answer = (struct fakeattempt_answer){.reason = REASON_OK};
}

static void
answer_never(void)
{
	answer = (struct fakeattempt_answer){.reason = REASON_BANNER_TIMEOUT,
					     .after_ms = FAKEATTEMPT_NEVER};
}

START_TEST(the_first_probe_comes_by_itself_and_soon)
{
	answer_at_once();
	start(1, HOUR_MS, 10000);
	faketime_run(base, PROBE_DOUBT_MS);
	ck_assert_uint_eq(ends[0], 1);
	ck_assert_int_eq(last.verdict, VERDICT_UP);
}
END_TEST

START_TEST(the_pause_is_the_interval_give_or_take_a_tenth)
{
	uint64_t shortest_ms = UINT64_MAX, longest_ms = 0;

	answer_at_once();
	start(1, 10000, 10000);
	faketime_run(base, PROBE_DOUBT_MS);
	for (int i = 0; i < 1000; i++) {
		const uint32_t before = ends[0];
		const uint64_t since_ms = clock_ms();
		while (ends[0] == before)
			faketime_run(base, 1);
		const uint64_t pause_ms = clock_ms() - since_ms;
		if (pause_ms < shortest_ms && i > 0)
			shortest_ms = pause_ms;
		if (pause_ms > longest_ms)
			longest_ms = pause_ms;
	}
	ck_assert_uint_ge(shortest_ms, 9000);
	ck_assert_uint_le(shortest_ms, 9100);
	ck_assert_uint_ge(longest_ms, 10900);
	ck_assert_uint_le(longest_ms, 11000);
}
END_TEST

START_TEST(probes_take_turns_and_each_gets_one)
{
	answer_never();
	start(CROWD, 100, 50);
	for (int i = 0; i < CROWD; i++)
		probe_now(probe[i]);
	faketime_run(base, 3 * 50 * CROWD);
	for (int i = 0; i < CROWD; i++)
		ck_assert_uint_ge(ends[i], 3);
	ck_assert_uint_eq(fakeattempt_seen().most, PROBES_AT_ONCE);
	/* Some are under way now, and some in line. */
}
END_TEST

START_TEST(who_leaves_the_line_keeps_nobody_waiting)
{
	answer_never();
	start(CROWD, HOUR_MS, 300);
	for (int i = 0; i < CROWD; i++)
		probe_now(probe[i]);
	faketime_run(base, 1);
	ck_assert_uint_eq(fakeattempt_seen().now, PROBES_AT_ONCE);
	/* One that is under way goes, and the first, one inside and the last in
	 * line, wherever those are. */
	for (int i = 0; i < CROWD; i += 2) {
		probe_free(probe[i]);
		probe[i] = NULL;
	}
	faketime_run(base, 300 * CROWD);
	for (int i = 1; i < CROWD; i += 2)
		ck_assert_uint_eq(ends[i], 1);
}
END_TEST

START_TEST(a_probe_repeats_and_never_overlaps_itself)
{
	/* The timeout is longer than the interval. */
	answer_never();
	start(1, 100, 200);
	faketime_run(base, PROBE_DOUBT_MS + 4 * 310);
	ck_assert_uint_ge(ends[0], 4);
	ck_assert_uint_eq(fakeattempt_seen().most, 1);
	ck_assert_int_eq(last.reason, REASON_BANNER_TIMEOUT);
	ck_assert(last.total_ms == 200);
}
END_TEST

START_TEST(asking_for_a_probe_during_one_starts_no_second)
{
	answer_never();
	start(1, HOUR_MS, 200);
	probe_now(probe[0]);
	faketime_run(base, 1);
	probe_now(probe[0]);
	probe_in_doubt(probe[0], true);
	faketime_run(base, 200);
	ck_assert_uint_eq(ends[0], 1);
	ck_assert_uint_eq(fakeattempt_seen().begun, 1);
}
END_TEST

START_TEST(doubt_shortens_the_pause_and_its_end_restores_it)
{
	answer_at_once();
	start(1, HOUR_MS, 10000);
	faketime_run(base, PROBE_DOUBT_MS);
	probe_in_doubt(probe[0], true);
	faketime_run(base, PROBE_DOUBT_MS * 11 / 10);
	ck_assert_uint_eq(ends[0], 2);
	probe_in_doubt(probe[0], false);
	faketime_run(base, HOUR_MS / 10 * 8);
	ck_assert_uint_eq(ends[0], 2);
	faketime_run(base, HOUR_MS / 10 * 3);
	ck_assert_uint_eq(ends[0], 3);
}
END_TEST

START_TEST(a_probe_that_this_host_could_not_make_is_made_again_soon)
{
	answer.reason = REASON_LOCAL_FAULT;
	answer.after_ms = 0;
	start(1, HOUR_MS, 10000);
	faketime_run(base, PROBE_DOUBT_MS);
	ck_assert(!last.counts);
	answer_at_once();
	faketime_run(base, PROBE_DOUBT_MS * 11 / 10);
	ck_assert_uint_eq(ends[0], 2);
	ck_assert_int_eq(last.verdict, VERDICT_UP);
}
END_TEST

START_TEST(a_probe_may_be_freed_by_its_own_result)
{
	answer_at_once();
	free_at_once = true;
	start(1, 100, 10000);
	faketime_run(base, HOUR_MS);
	ck_assert_ptr_null(probe[0]);
	ck_assert_uint_eq(ends[0], 1);
}
END_TEST

START_TEST(a_probe_freed_under_way_leaves_no_result)
{
	answer_never();
	start(1, HOUR_MS, 10000);
	faketime_run(base, PROBE_DOUBT_MS);
	ck_assert_uint_eq(fakeattempt_seen().now, 1);
	probe_free(probe[0]);
	probe[0] = NULL;
	faketime_run(base, HOUR_MS);
	ck_assert_uint_eq(ends[0], 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("turns");
	TCase *t = tcase_create("turns");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_first_probe_comes_by_itself_and_soon);
	tcase_add_test(t, the_pause_is_the_interval_give_or_take_a_tenth);
	tcase_add_test(t, probes_take_turns_and_each_gets_one);
	tcase_add_test(t, who_leaves_the_line_keeps_nobody_waiting);
	tcase_add_test(t, a_probe_repeats_and_never_overlaps_itself);
	tcase_add_test(t, asking_for_a_probe_during_one_starts_no_second);
	tcase_add_test(t, doubt_shortens_the_pause_and_its_end_restores_it);
	tcase_add_test(
		t, a_probe_that_this_host_could_not_make_is_made_again_soon);
	tcase_add_test(t, a_probe_may_be_freed_by_its_own_result);
	tcase_add_test(t, a_probe_freed_under_way_leaves_no_result);
	suite_add_tcase(s, t);
	return s;
}
