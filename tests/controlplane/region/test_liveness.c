/* SPDX-License-Identifier: BSD-3-Clause */
/* Is the other process alive?  Its lock and its heartbeat decide.
 * Method: a pure function, called with looks at a made-up clock. */
#include "liveness.h"
#include "runner.h"

static struct liveness l;
static uint64_t now_ms;

static void
setup(void)
{
	l = (struct liveness){0};
	now_ms = 1000000;
}

/* Looks every 200 ms, for so long, at a heartbeat that moves by `by` a look. */
static void
look_for(uint32_t ms, uint64_t by)
{
	for (uint32_t passed = 0; passed < ms; passed += 200) {
		now_ms += 200;
		liveness_step(&l, true, l.heartbeat + by, now_ms,
			      LIVENESS_SILENT_MS);
	}
}

START_TEST(a_lock_without_a_heartbeat_is_a_start)
{
	ck_assert_int_eq(l.state, LIVENESS_STOPPED);
	look_for(60000, 0);
	ck_assert_int_eq(l.state, LIVENESS_STARTING);
	look_for(200, 1);
	ck_assert_int_eq(l.state, LIVENESS_RUNNING);
}
END_TEST

START_TEST(a_heartbeat_that_stands_still_is_silence_after_two_seconds)
{
	look_for(1000, 7);
	look_for(1800, 0);
	ck_assert_int_eq(l.state, LIVENESS_RUNNING);
	look_for(200, 0);
	ck_assert_int_eq(l.state, LIVENESS_SILENT);
	look_for(200, 1);
	ck_assert_int_eq(l.state, LIVENESS_RUNNING);
}
END_TEST

START_TEST(no_lock_is_a_stop_whatever_the_heartbeat)
{
	look_for(1000, 7);
	ck_assert(liveness_step(&l, false, l.heartbeat + 1, now_ms + 1,
				LIVENESS_SILENT_MS));
	ck_assert_int_eq(l.state, LIVENESS_STOPPED);
	ck_assert_str_eq(liveness_name(l.state), "stopped");
}
END_TEST

START_TEST(one_that_comes_back_after_a_stop_is_not_silent_at_once)
{
	look_for(1000, 7);
	look_for(10000, 0);
	liveness_step(&l, false, l.heartbeat, now_ms, LIVENESS_SILENT_MS);
	look_for(200, 0);
	ck_assert_int_eq(l.state, LIVENESS_RUNNING);
}
END_TEST

START_TEST(a_machine_that_was_suspended_has_no_silent_process)
{
	look_for(1000, 7);
	now_ms += 3600 * 1000;
	ck_assert(!liveness_step(&l, true, l.heartbeat, now_ms,
				 LIVENESS_SILENT_MS));
	ck_assert_int_eq(l.state, LIVENESS_RUNNING);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("liveness");
	TCase *t = tcase_create("liveness");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_lock_without_a_heartbeat_is_a_start);
	tcase_add_test(
		t, a_heartbeat_that_stands_still_is_silence_after_two_seconds);
	tcase_add_test(t, no_lock_is_a_stop_whatever_the_heartbeat);
	tcase_add_test(t,
		       one_that_comes_back_after_a_stop_is_not_silent_at_once);
	tcase_add_test(t, a_machine_that_was_suspended_has_no_silent_process);
	suite_add_tcase(s, t);
	return s;
}
