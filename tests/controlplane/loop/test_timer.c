/* SPDX-License-Identifier: BSD-3-Clause */
/* The real clock and the real timers, which nearly all other tests replace by
 * faketime.c.
 * Method: timers of a few milliseconds in an event base of their own, which
 * runs until none is left; no bound on how late they are. */
#include <time.h>

#include "clock.h"
#include "runner.h"
#include "timer.h"

static struct event_base *base;
static struct timer *timer;
static uint32_t fired;
static uint32_t wanted;

static void
on_fire(void *arg)
{
	ck_assert_ptr_eq(arg, &fired);
	if (++fired == wanted) {
		timer_free(timer);
		timer = NULL;
	}
}

static void
setup(void)
{
	base = event_base_new();
	timer = timer_new(base, on_fire, &fired);
	fired = 0;
	wanted = 0;
}

static void
teardown(void)
{
	timer_free(timer);
	event_base_free(base);
}

START_TEST(the_clock_is_that_of_the_data_plane_and_of_the_calendar)
{
	struct timespec now;

	const uint64_t before_ns = clock_ns();
	clock_gettime(CLOCK_MONOTONIC, &now);
	const uint64_t now_ns =
		(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	ck_assert_uint_ge(now_ns, before_ns);
	ck_assert_uint_ge(clock_ns(), now_ns);
	ck_assert_uint_ge(clock_ms(), now_ns / 1000000);
	ck_assert_int_ge(clock_s(), (int64_t)now.tv_sec);
	const int64_t wall_s = (int64_t)time(NULL);
	ck_assert_int_ge(clock_wall_s(), wall_s);
}
END_TEST

START_TEST(a_timer_fires_once_and_not_early)
{
	const uint64_t since_ns = clock_ns();

	ck_assert(!timer_is_set(timer));
	timer_set(timer, 3);
	ck_assert(timer_is_set(timer));
	event_base_dispatch(base);
	ck_assert_uint_eq(fired, 1);
	ck_assert(!timer_is_set(timer));
	/* The loop counts whole milliseconds of its own clock. */
	ck_assert_uint_ge(clock_ns() - since_ns, 2 * CLOCK_NS_PER_MS);
}
END_TEST

START_TEST(a_timer_that_is_set_anew_fires_once)
{
	timer_set(timer, 3600 * 1000);
	timer_set(timer, 1);
	event_base_dispatch(base);
	ck_assert_uint_eq(fired, 1);
}
END_TEST

START_TEST(a_timer_repeats_until_it_is_freed_by_what_it_does)
{
	wanted = 3;
	ck_assert_int_eq(timer_repeat(timer, 1), 0);
	event_base_dispatch(base);
	ck_assert_uint_eq(fired, 3);
	ck_assert_ptr_null(timer);
}
END_TEST

START_TEST(the_next_time_can_come_now)
{
	timer_fire_now(timer);
	timer_fire_now(timer);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(fired, 1);
	timer_set(timer, 3600 * 1000);
	timer_fire_now(timer);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(fired, 2);
	ck_assert(!timer_is_set(timer));
	ck_assert_int_eq(timer_repeat(timer, 3600 * 1000), 0);
	timer_fire_now(timer);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(fired, 3);
	ck_assert(timer_is_set(timer));
}
END_TEST

START_TEST(a_timer_that_is_freed_does_not_fire)
{
	timer_set(timer, 1);
	timer_fire_now(timer);
	timer_free(timer);
	timer = NULL;
	event_base_dispatch(base);
	ck_assert_uint_eq(fired, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("timer");
	TCase *t = tcase_create("timer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t,
		       the_clock_is_that_of_the_data_plane_and_of_the_calendar);
	tcase_add_test(t, a_timer_fires_once_and_not_early);
	tcase_add_test(t, a_timer_that_is_set_anew_fires_once);
	tcase_add_test(t, a_timer_repeats_until_it_is_freed_by_what_it_does);
	tcase_add_test(t, the_next_time_can_come_now);
	tcase_add_test(t, a_timer_that_is_freed_does_not_fire);
	suite_add_tcase(s, t);
	return s;
}
