/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of `deny` and `allow`: who gave them, why and until when; what programs may
 * not do; and a thousand of them at once.
 * Method: a whole control plane (serving.c), and requests over its socket. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "faketime.h"
#include "rules.h"
#include "runner.h"
#include "serving.h"

static const struct mx_plan *
plan(void)
{
	return publisher_plan(plane.control->publisher);
}

static uint16_t
rules(void)
{
	return plane.control->state->deny_rules;
}

/* The first row of `show denied` -> rules; the caller releases *data. */
static const json_t *
first_rule(json_t **data)
{
	*data = plane_json(&plane, "-j show denied");
	return plane_row(*data, "rules", 0);
}

static void
restart(void)
{
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

START_TEST(a_rule_says_who_why_and_how_long)
{
	json_t *data;

	plane_expect(&plane, "deny 203.0.113.9 for 2h dictionary attack", true,
		     "203.0.113.9/32 is denied for 2h0m");
	for (int i = 0; i < 2; i++) {
		const json_t *row = first_rule(&data);

		ck_assert_str_eq(plane_text(row, "prefix"), "203.0.113.9/32");
		ck_assert_str_eq(plane_text(row, "is"), "denied");
		ck_assert_str_eq(plane_text(row, "level"), "reset");
		ck_assert_str_eq(plane_text(row, "reason"),
				 "dictionary attack");
		ck_assert_ptr_nonnull(strstr(plane_text(row, "by"), "(uid "));
		ck_assert(json_is_null(json_object_get(row, "program")));
		ck_assert_int_gt(plane_number(row, "for_s"), 7100);
		ck_assert_int_le(plane_number(row, "for_s"), 7200);
		ck_assert_int_gt(plane_number(row, "since_s"), 0);
		json_decref(data);
		plane_expect(&plane, "show denied", true, "dictionary attack");
		plane_expect(&plane, "show wishes", true, "dictionary attack");
		restart();
	}
}
END_TEST

START_TEST(a_rule_that_is_given_again_has_a_new_time_and_reason)
{
	json_t *data;

	plane_expect(&plane, "deny 203.0.113.9 for 2h one", true, "for 2h");
	plane_expect(&plane, "deny 203.0.113.9 for 3h two", true, "for 3h");
	ck_assert_uint_eq(rules(), 1);
	const json_t *row = first_rule(&data);
	ck_assert_str_eq(plane_text(row, "reason"), "two");
	ck_assert_int_gt(plane_number(row, "for_s"), 7200);
	json_decref(data);
	plane_expect(&plane, "allow 203.0.113.9 it is a partner", true,
		     "is allowed");
	row = first_rule(&data);
	ck_assert_str_eq(plane_text(row, "level"), "allowed");
	ck_assert(json_is_null(json_object_get(row, "for_s")));
	json_decref(data);
}
END_TEST

START_TEST(begin_and_end_are_events)
{
	plane_expect(&plane, "deny 203.0.113.9 for 90s too loud", true,
		     "is denied");
	plane_expect(&plane, "show events of 203.0.113.9", true,
		     "too loud, for 1m30s");
	plane_expect(&plane, "deny 203.0.113.8 --by fail2ban for 80s postfix",
		     false, "is denied for 1m20s: noted");
	plane_expect(&plane, "show events by program", true, "fail2ban");
	plane_run(&plane, 95000);
	ck_assert_uint_eq(rules(), 0);
	plane_expect(&plane, "show events of 203.0.113.9", true,
		     "its time of 1m30s is over: too loud");
	plane_expect(&plane, "show events by program", true,
		     "its time of 1m20s is over: fail2ban: postfix");
}
END_TEST

static const int64_t jumps[] = {-400 * 86400, -3600, 3600, 400 * 86400};

START_TEST(jumps_of_the_clock_end_no_rule)
{
	json_t *data;

	plane_expect(&plane, "deny 203.0.113.9 for 60s x", true, "is denied");
	faketime_shift_wall(jumps[_i]);
	plane_run(&plane, 30000);
	restart();
	ck_assert_uint_eq(rules(), 1);
	const json_t *row = first_rule(&data);
	ck_assert_int_le(plane_number(row, "for_s"), 30);
	ck_assert_int_gt(plane_number(row, "for_s"), 20);
	json_decref(data);
	plane_run(&plane, 35000);
	ck_assert_uint_eq(rules(), 0);
}
END_TEST

START_TEST(what_is_hardly_meant_is_refused)
{
	static const char *const texts[][2] = {
		{"deny 0.0.0.0/0", "it is a whole /0 of IPv4"},
		{"deny 2000::/3 for 1h", "it is a whole /3 of IPv6"},
		{"deny 192.0.2.11 --by fail2ban for 1h",
		 "it has the MTA mx/a in it"},
		{"deny 10.0.2.0/24", "it has the snat address 10.0.2.100 in"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		plane_answers(&plane, texts[i][0], ANSWER_REFUSED, texts[i][1]);
	ck_assert_uint_eq(rules(), 0);
	plane_expect(&plane, "allow 192.0.2.11", true, "is allowed");
	plane_expect(&plane, "deny 192.0.2.8/30", true, "is denied");
	plane_expect(&plane, "deny 10.0.2.0/24 --force why not", true,
		     "is denied; it has the snat address");
	ck_assert_uint_eq(rules(), 3);
}
END_TEST

START_TEST(what_a_rule_replaces_is_said)
{
	plane_expect(&plane, "deny 203.0.113.7 for 1h spam", true,
		     "203.0.113.7/32 is denied for 1h0m\n");
	plane_expect(&plane, "deny 203.0.113.7", true,
		     "203.0.113.7/32 is denied (until now: denied, spam, ");
	ck_assert(plane_logged("is denied, (until now: denied, spam, "));
	plane_expect(&plane, "allow 203.0.113.7 for 1m a partner", true,
		     "is allowed for 1m0s (until now: denied, ");
	plane_expect(&plane, "deny 203.0.113.8 for 1m mine", true, "");
	plane_answers(&plane, "deny 203.0.113.8 --by fail2ban for 2h postfix",
		      ANSWER_NOTED, "2h0m (until now: denied, mine, ");
	ck_assert(plane_logged("postfix, for 2h0m (until now: denied, mine, "));
	/* A program renews its own rule. */
	plane_answers(&plane, "deny 203.0.113.8 --by fail2ban for 3h postfix",
		      ANSWER_NOTED, "is denied for 3h0m: noted");
	plane_expect(&plane, "allow 203.0.113.8", true,
		     "(until now: denied, fail2ban, postfix, ");
}
END_TEST

START_TEST(programs_overrule_no_person)
{
	json_t *data;

	/* What a person allows. */
	plane_expect(&plane, "allow 203.0.113.0/24 a partner", true,
		     "is allowed");
	plane_answers(&plane, "deny 203.0.113.9 --by fail2ban for 10m",
		      ANSWER_REFUSED, "203.0.113.0/24 is allowed by command");
	plane_answers(&plane, "deny 203.0.113.0/24 --by fail2ban for 10m",
		      ANSWER_REFUSED, "overrules no person");
	plane_expect(&plane, "deny 203.0.113.7", true, "is denied");
	/* What a person denies for longer. */
	plane_answers(&plane, "deny 203.0.113.7 --by fail2ban for 10m",
		      ANSWER_OK, "stays denied");
	plane_answers(&plane, "forget 203.0.113.7 --by fail2ban",
		      ANSWER_REFUSED, "is not of fail2ban");
	/* What another program denies for longer, or not so long. */
	plane_answers(&plane, "deny 198.51.100.7 --by crowdsec for 4h",
		      ANSWER_NOTED, "is denied for 4h0m: noted");
	plane_answers(&plane, "deny 198.51.100.7 --by fail2ban for 10m",
		      ANSWER_OK, "stays denied");
	plane_answers(&plane, "deny 198.51.100.7 --by fail2ban for 5h",
		      ANSWER_NOTED, "is denied for 5h0m");
	plane_answers(&plane, "forget 198.51.100.7 --by crowdsec",
		      ANSWER_REFUSED, "is not of crowdsec");
	ck_assert_uint_eq(rules(), 3);
	restart();
	plane_answers(&plane, "deny 198.51.100.7 --by fail2ban for 1h",
		      ANSWER_NOTED, "is denied for 1h0m");
	data = plane_json(&plane, "-j show denied");
	ck_assert_str_eq(plane_text(plane_row(data, "rules", 2), "program"),
			 "fail2ban");
	json_decref(data);
	plane_answers(&plane, "forget 198.51.100.7 --by fail2ban", ANSWER_NOTED,
		      "as the lists say");
	/* A person overrules both. */
	plane_answers(&plane, "deny 198.51.100.7 --by crowdsec for 4h",
		      ANSWER_NOTED, "is denied");
	plane_answers(&plane, "allow 198.51.100.7", ANSWER_OK, "is allowed");
	plane_answers(&plane, "deny 198.51.100.7 --by crowdsec for 4h",
		      ANSWER_REFUSED, "is allowed by command");
}
END_TEST

static const char *const misuse[] = {
	"deny 203.0.113.9 until 10m",
	"deny 203.0.113.9 for ever",
	"deny 203.0.113.9 203.0.113.10",
	"deny 203.0.113.9 10",
	"deny 203.0.113.9 10m",
	"deny 203.0.113.9 --by a/b for 10m",
	"deny 203.0.113.9 --by",
	"deny 203.0.113.9 --by 0123456789012345678901234567890123 for 10m",
	"deny 203.0.113.9 \xe2\x80\xae reversed",
	"forget 203.0.113.9 --by a/b",
};

START_TEST(a_command_that_may_mean_something_else_is_refused)
{
	plane_answers(&plane, misuse[_i], ANSWER_USAGE, "");
	ck_assert_uint_eq(rules(), 0);
}
END_TEST

START_TEST(a_reason_has_a_limit)
{
	char line[256] = "deny 203.0.113.9 ";

	memset(line + strlen(line), 'x', 161);
	plane_answers(&plane, line, ANSWER_USAGE,
		      "the reason has 161 bytes, and at most 160 are kept");
	line[strlen(line) - 1] = '\0';
	plane_expect(&plane, line, true, "is denied");
}
END_TEST

#define BURST 200

static void
put_rule_of(uint32_t addr, const char *program)
{
	struct deny_rule rule = {.denied = true};

	rule.at = (struct mx_config_prefix){mx_addr_from4(htobe32(addr)), 32};
	snprintf(rule.program, sizeof(rule.program), "%s", program);
	ck_assert_int_eq(rules_put(plane.control->state, &rule), 0);
}

/* Rules that a program gave before. */
static void
fill_rules(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		put_rule_of(0xc6120000 + i, "fail2ban");
}

static bool
has_all(struct plane *p)
{
	return plane_is_settled(p) && plan() != NULL &&
	       plan()->deny_rules == rules();
}

START_TEST(many_rules_of_programs_make_few_plans)
{
	char line[128];

	fill_rules(RULES_OF_PROGRAMS_MAX - BURST);
	const uint64_t before = atomic_load(&plane.region->ack.generation);
	for (int i = 0; i < BURST; i++) {
		snprintf(line, sizeof(line),
			 "deny 203.0.113.%d --by fail2ban for 10m postfix", i);
		plane_answers(&plane, line, ANSWER_NOTED, "noted");
	}
	ck_assert(plane_run_until(&plane, has_all));
	const uint64_t plans =
		atomic_load(&plane.region->ack.generation) - before;
	ck_assert_uint_ge(plans, 1);
	ck_assert_uint_lt(plans, BURST / 16);
	restart();
	ck_assert_uint_eq(rules(), RULES_OF_PROGRAMS_MAX);
	ck_assert(plane_run_until(&plane, has_all));
}
END_TEST

/* A program that gives too many rules keeps people from nothing. */
START_TEST(people_have_rules_of_their_own)
{
	plane_seed_hops(&plane);
	fill_rules(RULES_OF_PROGRAMS_MAX - RULES_OF_PROGRAMS_MAX / 10 - 1);
	plane_answers(&plane, "status", ANSWER_OK, "of programs: 806, of at");
	plane_answers(&plane, "deny 203.0.113.1 --by crowdsec for 10m",
		      ANSWER_NOTED, "is denied");
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "by command: 807, of at most 1024; those of programs: "
		      "807, of at most 896");
	fill_rules(RULES_OF_PROGRAMS_MAX - 1);
	plane_answers(&plane, "deny 198.51.100.9 --by fail2ban for 10m",
		      ANSWER_REFUSED,
		      "programs have 896 rules already, as many as may be; 128 "
		      "are kept for people");
	plane_expect(&plane, "show denied", true,
		     "896 rules by command, of at most 1024; 896 of programs, "
		     "of at most 896");
	/* Programs renew and end what they have. */
	plane_answers(&plane, "deny 203.0.113.1 --by crowdsec for 20m",
		      ANSWER_NOTED, "is denied for 20m0s");
	/* A person has room, and a program gets none of it. */
	plane_expect(&plane, "deny 198.51.100.9 for 10m", true, "is denied");
	plane_answers(&plane, "deny 198.51.100.9 --by fail2ban for 20m",
		      ANSWER_REFUSED, "programs have 896 rules already");
	for (int i = 0; i < MX_DENY_RULES_MAX - RULES_OF_PROGRAMS_MAX - 1; i++)
		put_rule_of(0xc0000200 + (uint32_t)i, "");
	plane_answers(&plane, "deny 198.51.100.10", ANSWER_REFUSED,
		      "there are 1024 rules already, as many as may be");
	plane_expect(&plane, "deny 198.51.100.9 for 1h", true, "for 1h");
	restart();
	ck_assert_uint_eq(rules(), MX_DENY_RULES_MAX);
	ck_assert(plane_run_until(&plane, has_all));
}
END_TEST

/* `--by` is what the command says: the user is named beside it. */
START_TEST(a_program_is_shown_with_its_user)
{
	static const char *const shows[] = {"show denied", "show wishes",
					    "show events by program"};

	plane_answers(&plane, "deny 203.0.113.9 --by alice for 10m",
		      ANSWER_NOTED, "is denied");
	ck_assert(plane_run_until(&plane, has_all));
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		plane_expect(&plane, shows[i], true, "alice, ");
		plane_expect(&plane, shows[i], true, "(uid ");
	}
	plane_expect(&plane, "lookup 203.0.113.9:40000 198.51.100.25:25", false,
		     "is denied by command, alice, ");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_rule_says_who_why_and_how_long);
	tcase_add_test(t, a_rule_that_is_given_again_has_a_new_time_and_reason);
	tcase_add_test(t, begin_and_end_are_events);
	tcase_add_loop_test(t, jumps_of_the_clock_end_no_rule, 0,
			    sizeof(jumps) / sizeof(jumps[0]));
	tcase_add_test(t, what_is_hardly_meant_is_refused);
	tcase_add_test(t, what_a_rule_replaces_is_said);
	tcase_add_test(t, programs_overrule_no_person);
	tcase_add_loop_test(t,
			    a_command_that_may_mean_something_else_is_refused,
			    0, sizeof(misuse) / sizeof(misuse[0]));
	tcase_add_test(t, a_reason_has_a_limit);
	tcase_add_test(t, many_rules_of_programs_make_few_plans);
	tcase_add_test(t, people_have_rules_of_their_own);
	tcase_add_test(t, a_program_is_shown_with_its_user);
	suite_add_tcase(s, t);
	return s;
}
