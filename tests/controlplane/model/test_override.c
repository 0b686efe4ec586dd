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
	override_end(state, "mx/a", 12, NULL, "alice");
	ck_assert_uint_gt(state->backend[1].ended_s, 0);
	ck_assert(state->backend[1].retired);
	ck_assert_uint_eq(state->backend[2].ended_s, 0);
	ck_assert_uint_gt(state->backend[3].ended_s, 0);
	ck_assert_str_eq(keptlog_text(),
			 "info backend mx/a ends 12 sessions, by alice\n");
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

/* A drain for two hours from now on. */
static struct override
drain_for_2h(const struct moment *now)
{
	return (struct override){
		.admin = ADMIN_DRAIN,
		.note[WISH_ADMIN] = {.who = "alice",
				     .reason = "new kernel",
				     .since_s = now->wall_s,
				     .until = deadline_in(7200, now)}};
}

START_TEST(a_wish_ends_when_its_time_is_over)
{
	struct moment now = moment_now();
	struct override wish = drain_for_2h(&now);

	wish.weight_set = true;
	wish.weight = 7;
	override_put(state, 1, &wish, "command of alice");
	ck_assert_str_eq(
		keptlog_text(),
		"info backend mx/a ready -> drain, new kernel, for 2h0m, by "
		"command of alice\n"
		"info backend mx/a weight 100 -> 7, by command of alice\n");
	keptlog_forget();
	now.s += 7199;
	now.wall_s += 86400;
	ck_assert(!override_expire(state, &now));
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_DRAIN);
	now.s++;
	ck_assert(override_expire(state, &now));
	ck_assert_str_eq(
		keptlog_text(),
		"info backend mx/a drain -> ready, its time of 2h0m is "
		"over: new kernel\n");
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_READY);
	ck_assert_str_eq(state->backend[1].override.note[WISH_ADMIN].who, "");
	ck_assert_uint_eq(state_weight(&state->backend[1]), 7);
	ck_assert(!override_expire(state, &now));
}
END_TEST

START_TEST(each_kind_of_wish_has_a_time_of_its_own)
{
	struct moment now = moment_now();
	struct override wish = drain_for_2h(&now);

	wish.weight_set = true;
	wish.weight = 7;
	wish.note[WISH_WEIGHT].until = deadline_in(60, &now);
	override_put(state, 1, &wish, "alice");
	now.s += 60;
	ck_assert(override_expire(state, &now));
	ck_assert_uint_eq(state_weight(&state->backend[1]), 100);
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_DRAIN);
}
END_TEST

START_TEST(a_later_wish_replaces_the_time_of_the_one_before)
{
	struct moment now = moment_now();
	struct override wish = drain_for_2h(&now);

	override_put(state, 1, &wish, "alice");
	keptlog_forget();
	wish.note[WISH_ADMIN] =
		(struct wish_note){.who = "bob", .reason = "no disk"};
	override_put(state, 1, &wish, "bob");
	ck_assert_str_eq(keptlog_text(),
			 "info backend mx/a drain goes on, no disk, by bob\n");
	now.s += 100000;
	ck_assert(!override_expire(state, &now));
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_DRAIN);
}
END_TEST

START_TEST(a_wish_that_is_taken_back_takes_its_note_along)
{
	const struct moment now = moment_now();
	struct override wish = drain_for_2h(&now);

	override_put(state, 1, &wish, "alice");
	wish.admin = ADMIN_READY;
	override_put(state, 1, &wish, "alice");
	ck_assert_str_eq(state->backend[1].override.note[WISH_ADMIN].reason,
			 "");
	ck_assert(!deadline_is_set(
		&state->backend[1].override.note[WISH_ADMIN].until));
}
END_TEST

START_TEST(a_wish_of_a_backend_that_left_the_file_ends_too)
{
	struct moment now = moment_now();
	const struct override wish = drain_for_2h(&now);

	override_put(state, 1, &wish, "alice");
	planmaker_apply("services:\n"
			"  - {name: one, listen: [\"198.51.100.25:25\"], "
			"pool: mx, forward: nat}\n"
			"pools:\n"
			"  - name: mx\n"
			"    backends:\n"
			"      - {name: b, address: \"10.0.2.12:25\"}\n",
			10);
	ck_assert(state->backend[1].retired);
	now.s += 7200;
	ck_assert(override_expire(state, &now));
	planmaker_apply(ONE_SERVICE("forward: nat"), 20);
	ck_assert_int_eq(
		state->backend[state_find(state, "mx/a")].override.admin,
		ADMIN_READY);
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
	tcase_add_test(t, a_wish_ends_when_its_time_is_over);
	tcase_add_test(t, each_kind_of_wish_has_a_time_of_its_own);
	tcase_add_test(t, a_later_wish_replaces_the_time_of_the_one_before);
	tcase_add_test(t, a_wish_that_is_taken_back_takes_its_note_along);
	tcase_add_test(t, a_wish_of_a_backend_that_left_the_file_ends_too);
	suite_add_tcase(s, t);
	return s;
}
