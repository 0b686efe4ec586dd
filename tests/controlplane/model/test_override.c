/* SPDX-License-Identifier: BSD-3-Clause */
/* What the operator wants of a backend: it is written and logged in one place,
 * and what was before can be put back.
 * Method: a state with a configuration; the lines of the log are kept. */
#include <string.h>

#include "clock.h"
#include "keptlog.h"
#include "override.h"
#include "planmaker.h"
#include "runner.h"

static void
setup(void)
{
	planmaker_setup();
	planmaker_apply(ONE_SERVICE("forward: nat"), 0);
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
	planmaker_teardown();
}

static const struct override drained_and_light = {
	.admin = ADMIN_DRAIN, .weight_set = true, .weight = 7};

START_TEST(an_override_is_logged_with_who_said_so)
{
	override_put(state, 1, &drained_and_light, "command of alice");
	ck_assert_str_eq(
		keptlog_text(),
		"info backend mx/a ready -> drain, by command of alice\n"
		"info backend mx/a weight 100 -> 7, by command of alice\n");
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_DRAIN);
	ck_assert_uint_eq(state_weight(&state->backend[1]), 7);
	ck_assert(override_is_set(&state->backend[1].override));
	ck_assert(!override_is_set(&state->backend[2].override));
}
END_TEST

START_TEST(an_override_that_changes_nothing_is_not_logged)
{
	override_put(state, 1, &drained_and_light, "alice");
	keptlog_forget();
	override_put(state, 1, &drained_and_light, "bob");
	ck_assert_str_eq(keptlog_text(), "");
}
END_TEST

START_TEST(the_weight_of_the_file_can_be_asked_for)
{
	const struct override as_in_file = {.weight_set = true, .weight = 100};

	override_put(state, 1, &as_in_file, "alice");
	ck_assert_str_eq(keptlog_text(), "");
	ck_assert(override_is_set(&state->backend[1].override));
}
END_TEST

START_TEST(what_was_before_can_be_put_back)
{
	const struct override before =
		override_put(state, 1, &drained_and_light, "alice");
	keptlog_forget();
	const struct override undone = override_put(state, 1, &before, "alice");
	ck_assert(!override_is_set(&state->backend[1].override));
	ck_assert_uint_eq(state_weight(&state->backend[1]), 100);
	ck_assert_int_eq(undone.admin, ADMIN_DRAIN);
	ck_assert_uint_eq(undone.weight, 7);
	ck_assert_str_eq(keptlog_text(),
			 "info backend mx/a drain -> ready, by alice\n"
			 "info backend mx/a weight 7 -> 100, by alice\n");
}
END_TEST

START_TEST(an_end_reaches_every_backend_that_bore_the_name)
{
	/* a gets another address: the old backend is retired. */
	planmaker_apply("services:\n"
			"  - {name: one, listen: [\"198.51.100.25:25\"], "
			"pool: mx, forward: nat}\n"
			"pools:\n"
			"  - name: mx\n"
			"    backends:\n"
			"      - {name: a, address: \"10.0.2.13:25\"}\n"
			"      - {name: b, address: \"10.0.2.12:25\"}\n",
			10);
	override_end(state, "mx/a", 12, "alice");
	ck_assert_uint_gt(state->backend[1].ended_s, 0);
	ck_assert(state->backend[1].retired);
	ck_assert_uint_eq(state->backend[2].ended_s, 0);
	ck_assert_uint_gt(state->backend[3].ended_s, 0);
	ck_assert_str_eq(keptlog_text(),
			 "info backend mx/a: 12 sessions end, by alice\n");
}
END_TEST

START_TEST(an_end_that_the_region_remembers_never_goes_back)
{
	override_recall_end(&state->backend[1], 50);
	override_recall_end(&state->backend[1], 40);
	ck_assert_uint_eq(state->backend[1].ended_s, 50);
}
END_TEST

START_TEST(an_end_in_the_future_is_of_another_clock)
{
	override_recall_end(&state->backend[1], (uint32_t)clock_s() + 100);
	ck_assert_uint_eq(state->backend[1].ended_s, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("override");
	TCase *t = tcase_create("override");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_override_is_logged_with_who_said_so);
	tcase_add_test(t, an_override_that_changes_nothing_is_not_logged);
	tcase_add_test(t, the_weight_of_the_file_can_be_asked_for);
	tcase_add_test(t, what_was_before_can_be_put_back);
	tcase_add_test(t, an_end_reaches_every_backend_that_bore_the_name);
	tcase_add_test(t, an_end_that_the_region_remembers_never_goes_back);
	tcase_add_test(t, an_end_in_the_future_is_of_another_clock);
	suite_add_tcase(s, t);
	return s;
}
