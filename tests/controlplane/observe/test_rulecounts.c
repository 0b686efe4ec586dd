/* SPDX-License-Identifier: BSD-3-Clause */
/* What each rule refused, as `show denied` has it: over a new data plane, a killed
 * control plane, and slots that go to other rules.
 * Method: a whole control plane (serving.c).  The test counts by the slots that the
 * plan names, as workers do. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "rulecounts.h"
#include "runner.h"
#include "serving.h"

#define RULE "203.0.113.9/32"

static const struct mx_plan *
plan(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

/* The slot of the only rule of the plan. */
static uint16_t
slot(void)
{
	ck_assert_uint_eq(plan()->deny_rules, 1);
	return plan()->deny_rule[0].slot;
}

/* Workers refuse so many SYNs by a slot. */
static void
refuse(uint16_t at, uint64_t syns)
{
	plane.region->worker[0].rule_refused[at] += syns - syns / 2;
	plane.region->worker[1].rule_refused[at] += syns / 2;
}

/* Row 0 of `show denied`, a second later. */
static json_int_t
refused(void)
{
	plane_run(&plane, 1100);
	json_t *data = plane_json(&plane, "-j show denied");
	const json_int_t value =
		plane_number(plane_row(data, "rules", 0), "refused");

	json_decref(data);
	return value;
}

static void
deny(const char *line)
{
	plane_expect(&plane, line, true, "is denied");
}

static void
start_control(void)
{
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

/* The state file as it is now is what the next control plane has. */
static void
kill_control(void)
{
	char command[512];

	snprintf(command, sizeof(command), "cp %s/%s.json %s/kept",
		 plane.folder, plane.instance, plane.folder);
	ck_assert_int_eq(system(command), 0);
	plane_stop_control(&plane);
	snprintf(command, sizeof(command), "mv %s/kept %s/%s.json",
		 plane.folder, plane.folder, plane.instance);
	ck_assert_int_eq(system(command), 0);
}

static void
restart_data(int64_t started_s)
{
	plane_stop_data(&plane);
	plane_run(&plane, 3000);
	plane_start_data(&plane);
	plane.region->header.started_s = started_s;
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

START_TEST(each_rule_shows_what_it_refused)
{
	deny("deny " RULE);
	refuse(slot(), 5);
	ck_assert_int_eq(refused(), 5);
	plane_expect(&plane, "show denied", true, "REFUSED");
	/* A longer time is no other rule. */
	deny("deny " RULE " for 2h");
	refuse(slot(), 1);
	ck_assert_int_eq(refused(), 6);
	/* One that allows refuses nothing, and what comes after it is new. */
	plane_expect(&plane, "allow " RULE, true, "is allowed");
	json_t *data = plane_json(&plane, "-j show denied");
	ck_assert(json_is_null(
		json_object_get(plane_row(data, "rules", 0), "refused")));
	json_decref(data);
	deny("deny " RULE);
	ck_assert_int_eq(refused(), 0);
}
END_TEST

START_TEST(a_slot_of_another_rule_begins_at_zero)
{
	struct state *state = plane.control->state;

	deny("deny " RULE);
	const uint16_t first = slot();
	refuse(first, 5);
	plane_expect(&plane, "forget " RULE, true, "as the lists say");
	deny("deny 203.0.113.10");
	ck_assert_uint_ne(slot(), first);
	ck_assert_int_eq(refused(), 0);
	plane_expect(&plane, "forget 203.0.113.10", true, "as the lists say");
	/* All others were given up later. */
	for (uint16_t i = 0; i < MX_DENY_RULES_MAX; i++)
		if (i != first)
			state->counting.freed[i] = ++state->counting.frees;
	deny("deny 203.0.113.11");
	ck_assert_uint_eq(slot(), first);
	ck_assert_int_eq(refused(), 0);
	refuse(first, 2);
	ck_assert_int_eq(refused(), 2);
}
END_TEST

START_TEST(a_new_data_plane_goes_on_with_the_counts)
{
	deny("deny " RULE);
	refuse(slot(), 5);
	plane_run(&plane, 2000);
	restart_data(1000);
	ck_assert_int_eq(refused(), 5);
	/* More than the one before, so that no counter goes back. */
	refuse(slot(), 9);
	ck_assert_int_eq(refused(), 14);
	restart_data(2000);
	refuse(slot(), 20);
	ck_assert_int_eq(refused(), 34);
	plane_run(&plane, 2000);
	ck_assert_int_eq(refused(), 34);
}
END_TEST

/* With the state file of the last change: counts of then, and slots of now. */
START_TEST(a_killed_control_plane_goes_on_with_the_counts)
{
	deny("deny " RULE);
	const uint16_t first = slot();
	refuse(first, 5);
	plane_run(&plane, 2000);
	kill_control();
	refuse(first, 2);
	start_control();
	ck_assert_uint_eq(slot(), first);
	ck_assert_int_eq(refused(), 7);
	plane_expect(&plane, "forget " RULE, true, "as the lists say");
	deny("deny " RULE);
	kill_control();
	start_control();
	ck_assert_int_eq(refused(), 0);
}
END_TEST

START_TEST(both_planes_start_anew)
{
	restart_data(1000);
	deny("deny " RULE);
	refuse(slot(), 5);
	plane_run(&plane, 1000 * 70); /* it is saved by then */
	kill_control();
	plane_stop_data(&plane);
	plane_start_data(&plane);
	plane.region->header.started_s = 2000;
	start_control();
	ck_assert_int_eq(refused(), 5);
	refuse(slot(), 8);
	ck_assert_int_eq(refused(), 13);
}
END_TEST

START_TEST(a_rule_without_a_data_plane_begins_at_zero)
{
	plane_stop_data(&plane);
	plane_run(&plane, 3000);
	bool ok;
	free(plane_ask(&plane, "deny " RULE " for 1h", &ok));
	ck_assert_int_eq(refused(), 0);
	plane_start_data(&plane);
	plane.region->header.started_s = 1000;
	ck_assert(plane_run_until(&plane, plane_is_settled));
	refuse(slot(), 3);
	ck_assert_int_eq(refused(), 3);
	/* The state file says that the count has begun. */
	kill_control();
	start_control();
	ck_assert_int_eq(refused(), 3);
}
END_TEST

/* Twice the same slot, one that there is not, and none. */
START_TEST(slots_of_a_strange_state_file_are_given_anew)
{
	struct state *state = plane.control->state;
	bool taken[MX_DENY_RULES_MAX] = {false};

	deny("deny " RULE);
	deny("deny 203.0.113.10");
	deny("deny 203.0.113.11");
	state->deny_rule[1].refused = state->deny_rule[0].refused;
	state->deny_rule[2].refused.slot = MX_DENY_RULES_MAX;
	rule_counts_look(state, plane.region);
	for (uint16_t i = 0; i < state->deny_rules; i++) {
		const uint16_t at = state->deny_rule[i].refused.slot;

		ck_assert_uint_lt(at, MX_DENY_RULES_MAX);
		ck_assert(!taken[at]);
		taken[at] = true;
	}
}
END_TEST

START_TEST(as_many_rules_as_may_be_have_slots)
{
	struct state *state = plane.control->state;
	bool taken[MX_DENY_RULES_MAX] = {false};

	for (uint16_t i = 0; i < MX_DENY_RULES_MAX; i++)
		state->deny_rule[i] = (struct deny_rule){
			.denied = true, .refused = slot_count_new()};
	state->deny_rules = MX_DENY_RULES_MAX;
	rule_counts_look(state, plane.region);
	for (uint16_t i = 0; i < MX_DENY_RULES_MAX; i++) {
		ck_assert(!taken[state->deny_rule[i].refused.slot]);
		taken[state->deny_rule[i].refused.slot] = true;
	}
	state->deny_rules = 0;
}
END_TEST

static ino_t
state_file(void)
{
	char path[512];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s.json", plane.folder,
		 plane.instance);
	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_ino;
}

START_TEST(a_data_plane_that_is_always_new_writes_no_state_file)
{
	deny("deny " RULE);
	plane_run(&plane, 2000);
	const ino_t before = state_file();
	for (int i = 0; i < 5; i++) {
		plane.region->header.started_s++;
		plane_run(&plane, 1000);
	}
	ck_assert_uint_eq(state_file(), before);
}
END_TEST

/* Counters for Prometheus never go back while the control plane runs. */
START_TEST(totals_stay_when_rules_end)
{
	const struct state *state = plane.control->state;

	deny("deny " RULE);
	refuse(slot(), 5);
	plane_run(&plane, 2000);
	plane_expect(&plane, "forget " RULE, true, "as the lists say");
	plane_answers(&plane, "deny 203.0.113.10 --by fail2ban for 10m",
		      ANSWER_NOTED, "noted");
	ck_assert(plane_run_until(&plane, plane_is_settled));
	plane_run(&plane, 2000);
	refuse(slot(), 3);
	plane_run(&plane, 2000);
	ck_assert_uint_eq(state->counting.by_people, 5);
	ck_assert_uint_eq(state->counting.by_programs, 3);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rulecounts");
	TCase *t = tcase_create("rulecounts");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, each_rule_shows_what_it_refused);
	tcase_add_test(t, a_slot_of_another_rule_begins_at_zero);
	tcase_add_test(t, a_new_data_plane_goes_on_with_the_counts);
	tcase_add_test(t, a_killed_control_plane_goes_on_with_the_counts);
	tcase_add_test(t, both_planes_start_anew);
	tcase_add_test(t, a_rule_without_a_data_plane_begins_at_zero);
	tcase_add_test(t, slots_of_a_strange_state_file_are_given_anew);
	tcase_add_test(t, as_many_rules_as_may_be_have_slots);
	tcase_add_test(t, a_data_plane_that_is_always_new_writes_no_state_file);
	tcase_add_test(t, totals_stay_when_rules_end);
	suite_add_tcase(s, t);
	return s;
}
