/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of `deny` and `allow` in the plan: they outlive a restart, end in time, and
 * say so if they deny what is hardly meant; and what they refused is shown.
 * Method: a whole control plane (serving.c), and requests over its socket. */
#include <stdio.h>
#include <stdlib.h>

#include "runner.h"
#include "serving.h"

static const struct mx_plan *
plan(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

START_TEST(rules_are_in_the_plan_and_outlive_a_restart)
{
	plane_expect(&plane, "deny 203.0.113.9", true, "203.0.113.9/32");
	plane_expect(&plane, "deny 2001:db8::/32 for 10m", true, "for 10m0s");
	plane_expect(&plane, "allow 203.0.113.0/24", true, "is allowed");
	ck_assert_uint_eq(plan()->deny_rules, 3);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(plan()->deny_rules, 3);
	ck_assert_uint_eq(plan()->deny_rule[0].denied, 1);
	ck_assert_uint_eq(plan()->deny_rule[0].bits, 32);
	plane_expect(&plane, "show denied", true, "203.0.113.9/32");
	plane_expect(&plane, "forget 203.0.113.9", true, "as the lists say");
	plane_expect(&plane, "forget 203.0.113.9", false, "no command");
	ck_assert_uint_eq(plan()->deny_rules, 2);
}
END_TEST

static bool
is_one_rule(struct plane *p)
{
	return plane_is_settled(p) && plan()->deny_rules == 1;
}

START_TEST(a_rule_for_a_time_ends)
{
	plane_expect(&plane, "deny 203.0.113.9 for 90s", true, "for 1m30s");
	plane_expect(&plane, "deny 203.0.113.10", true, "is denied");
	plane_run(&plane, 80000);
	ck_assert_uint_eq(plan()->deny_rules, 2);
	plane_run(&plane, 15000);
	ck_assert(plane_run_until(&plane, is_one_rule));
}
END_TEST

static const char *const misuse[] = {
	"deny heavy",
	"deny 203.0.113.9/24",
	"deny 203.0.113.9/33",
	"deny 203.0.113.9 for",
	"deny 203.0.113.9 for ever",
	"deny 203.0.113.9 for 0s",
	"deny 203.0.113.9 for 10",
	"deny 203.0.113.9 for 99999999d",
	"deny 203.0.113.9 until 10m",
	"deny 203.0.113.9 203.0.113.10",
	"deny 203.0.113.9 10",
	"deny 203.0.113.9 --by fail2ban! for 10m",
};

START_TEST(a_rule_that_is_none_is_refused)
{
	plane_answers(&plane, misuse[_i], ANSWER_USAGE, "expected");
	ck_assert_uint_eq(plan()->deny_rules, 0);
}
END_TEST

START_TEST(a_rule_that_denies_an_mta_says_so)
{
	plane_expect(&plane, "deny 192.0.2.0/24", false,
		     "192.0.2.0/24 is not denied: it has the MTA mx/a in it");
	ck_assert_uint_eq(plan()->deny_rules, 0);
	plane_expect(&plane, "deny 192.0.2.0/24 --force", true,
		     "the MTA mx/a in it");
	plane_seed_hops(&plane);
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "192.0.2.0/24 is denied by command, and it has the MTA "
		      "mx/a in it");
	plane_expect(&plane, "allow 192.0.2.0/28", true, "is allowed");
	plane_answers(
		&plane, "status", ANSWER_OK,
		"note      clients denied or allowed by command: 2, of at "
		"most 1024; those of programs: 0, of at most 896; see");
}
END_TEST

START_TEST(a_rule_that_denies_everybody_says_so)
{
	plane_expect(&plane, "deny 0.0.0.0/0", false, "a whole /0 of IPv4");
	plane_expect(&plane, "deny 0.0.0.0/0 --force", true,
		     "a whole /0 of IPv4");
	plane_expect(&plane, "deny 2000::/3 --force for 1h", true,
		     "a whole /3 of IPv6");
	plane_expect(&plane, "deny 203.0.0.0/8", true,
		     "203.0.0.0/8 is denied\n");
	plane_seed_hops(&plane);
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "0.0.0.0/0 is denied by command, and it is a whole /0");
}
END_TEST

START_TEST(services_without_a_list_show_what_rules_refused)
{
	plane.region->worker[0].refused[0][MX_DROP_DENIED] = 7;
	plane_expect(&plane, "deny 203.0.113.9", true, "is denied");
	plane_expect(&plane, "show denied", true,
		     "No service has a deny list or an allow list.");
	json_t *data = plane_json(&plane, "-j show denied");
	const json_t *row = plane_row(data, "services", 0);
	ck_assert_int_eq(plane_number(row, "refused"), 7);
	ck_assert(json_is_null(json_object_get(row, "file")));
	json_decref(data);
	data = plane_json(&plane, "-j show services");
	row = plane_row(data, "services", 0);
	ck_assert_int_eq(plane_number(row, "refused"), 7);
	json_decref(data);
	/* It is what the operator wants. */
	plane_run(&plane, 2000);
	plane.region->worker[0].refused[0][MX_DROP_DENIED] = 8;
	plane_run(&plane, 2000);
	ck_assert(!plane_logged("refuses new sessions"));
}
END_TEST

START_TEST(rules_have_a_limit)
{
	plane.control->state->deny_rules = MX_DENY_RULES_MAX;
	plane_expect(&plane, "deny 203.0.113.9", false, "1024 rules already");
	plane.control->state->deny_rules = 0;
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ruleplan");
	TCase *t = tcase_create("ruleplan");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, rules_are_in_the_plan_and_outlive_a_restart);
	tcase_add_test(t, a_rule_for_a_time_ends);
	tcase_add_loop_test(t, a_rule_that_is_none_is_refused, 0,
			    sizeof(misuse) / sizeof(misuse[0]));
	tcase_add_test(t, a_rule_that_denies_an_mta_says_so);
	tcase_add_test(t, a_rule_that_denies_everybody_says_so);
	tcase_add_test(t, services_without_a_list_show_what_rules_refused);
	tcase_add_test(t, rules_have_a_limit);
	suite_add_tcase(s, t);
	return s;
}
