/* SPDX-License-Identifier: BSD-3-Clause */
/* An operator's input: an error names what was expected.
 * Method: requests over the real socket to a whole control plane
 * (serving.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "serving.h"

START_TEST(wrong_input_is_told_what_was_expected)
{
	/* clang-format off */
	static const char *const cases[][2] = {
		{"",                      "expected one of: status, show, drain"},
		{"-j",                    "{\"error\":\"unknown command"},
		{"nonsense",              "expected one of: status, show, drain"},
		{"show",                  "expected one of: show services"},
		{"show nothing",          "expected one of: show services"},
		{"showservices",          "expected one of: status, show, drain"},
		{"show services now",     "expected: show services"},
		{"drain",                 "expected: drain POOL/BACKEND"},
		{"drain mx/a mx/b",       "mx/b is no reason: for several"},
		{"drain mx/nobody",       "expected one of: mx/"},
		{"drain a",               "expected one of: mx/"},
		{"wait x drained mx/a",   "expected: wait SECONDS drained"},
		{"wait 1 dried mx/a",     "expected: wait SECONDS drained"},
		{"wait 99999999999 drained mx/a", "expected: wait SECONDS"},
		{"wait 010 drained mx/a", "expected: wait SECONDS"},
		{"weight mx/a 010",       "'010' is no weight"},
		{"weight mx/a 00",        "'00' is no weight"},
		{"show sessions 010",     "expected: show sessions [N]"},
		{"help",                  "the program mxsteer does this"},
		{"config check /etc/x",   "the program mxsteer does this"},
		{"show sessions many",    "expected: show sessions [N]"},
		{"lookup 1.2.3.4 1.2.3.4:25", "expected: lookup SRC:PORT"},
		{"lookup 1.2.3.4:5 1.2.3.4:25", "is not a VIP"},
		{"lookup [::1]:5 198.51.100.25:25", "expected: lookup"},
		{"config apply",          "expected: config apply [--confirm-within TIME] FILE"},
		{"config apply relative", "expected a path that starts with /"},
		{"config apply /nowhere/at all", "/nowhere/at all"},
		{"end sessions mx/a mx/b", "mx/b is no reason"},
		{"show snat now",         "expected: show snat"},
		{"DRAIN mx/a",            "unknown command"},
		{"show  services  -j",    "expected: show services"},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		plane_expect(&plane, cases[i][0], false, cases[i][1]);
	plane_answers(&plane, "drain", ANSWER_USAGE, "expected");
	plane_answers(&plane, "drain --end-sessions", ANSWER_USAGE,
		      "expected: drain POOL/BACKEND|@HOST [--end-sessions]");
	plane_answers(&plane, "drain --end-sessions mx/a", ANSWER_USAGE,
		      "expected: drain POOL/BACKEND|@HOST [--end-sessions]");
	plane_answers(&plane, "nonsense", ANSWER_USAGE, "expected");
	plane_answers(&plane, "weight mx/a x", ANSWER_USAGE, "expected");
	plane_answers(&plane, "drain mx/nobody", ANSWER_REFUSED, "expected");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 2);
}
END_TEST

START_TEST(haproxys_words_are_understood)
{
	/* clang-format off */
	static const struct {
		const char *line;
		bool ok;
		const char *part;
	} cases[] = {
		{"set server mx/a state drain",    true,  "mx/a: ready -> drain"},
		{"set server mx/a state maint",    true,  "mx/a: drain -> maint"},
		{"enable server mx/a",             true,  "mx/a: maint -> ready"},
		{"disable server mx/a",            true,  "mx/a: ready -> maint"},
		{"set server mx/a state ready",    true,  "mx/a: maint -> ready"},
		{"set server mx/a weight 7",       true,  "mx/a: weight 100 -> 7"},
		{"show stat",                      true,  "HEALTH"},
		{"show servers state",             true,  "HEALTH"},
		{"show servers state mx",          true,  "HEALTH"},
		{"show servers state my",          false, "there is no pool, backend or host my"},
		{"-j show stat mx",                true,  "\"backends\""},
		{"show stat mx 4 -1",              true,  "HEALTH"},
		{"show stat -1 4 -1 up",           true,  "HEALTH"},
		{"show stat mx 2 -1",              false, "'2' does not belong there: expected 4, 7, -1"},
		{"show stat mx 4 1",               false, "'1' does not belong there: expected -1"},
		{"get weight mx/a",                true,  "HEALTH"},
		{"get weight mx/nobody",           false, "there is no pool, backend or host mx/nobody"},
		{"set weight mx/a 50%",            true,  "mx/a: weight 7 -> 50, 50 %"},
		{"set weight mx/a 9",              true,  "mx/a: weight 50 -> 9"},
		{"set weight mx/a",                false, "expected: set weight POOL/BACKEND"},
		{"-j show info",                   false, "\"status\":\"WARNING\""},
		{"shutdown sessions server mx/a",  true,  "mx/a: there is no session now"},
		{"shutdown session 0x55f3a8",      false, "expected: end session SRC:PORT, such as 192.0.2.7:40000"},
		{"shutdown session 0x55f3a8",      false, "as show sessions has it, found \"0x55f3a8\""},
		{"shutdown session 192.0.2.7:5",   false, "192.0.2.7:5"},
		{"disable server mx/a --dry-run for 2h new disk", true, "mx/a: ready -> maint, for 2h"},
		{"disable server mx/a for 2h new disk", true, "mx/a: ready -> maint, for 2h"},
		{"show wishes",                    true,  "new disk"},
		{"enable server mx/a disk is new", true,  "mx/a: maint -> ready"},
		{"set server mx/a state off",      false, "'off' does not belong there: expected ready, drain or maint"},
		{"set server mx/a",                false, "expected: set server POOL/BACKEND state"},
		{"set server mx/nobody state drain", false, "no backend mx/nobody"},
		{"set",                            false, "expected one of: set server"},
		{"set serv mx/a state drain",      false, "unknown command"},
		{"dis server mx/a",                false, "unknown command"},
		{"shut sess serv mx/a",            false, "unknown command"},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		plane_expect(&plane, cases[i].line, cases[i].ok, cases[i].part);
	ck_assert(plane_logged("backend mx/a maint -> ready"));
}
END_TEST

START_TEST(bent_commands_change_nothing_and_end_nothing)
{
	static const char *const from[] = {
		"drain mx/a", "wait 1 drained mx/a", "weight mx/a 7",
		"lookup 1.2.3.4:5 198.51.100.25:25", "config apply /etc/x"};
	bool ok;

	srand(1);
	for (int round = 0; round < 300; round++) {
		char line[80];
		snprintf(line, sizeof(line), "%s", from[round % 5]);
		line[(size_t)rand() % strlen(line)] = (char)(33 + rand() % 90);
		line[(size_t)rand() % strlen(line)] = ' ';
		free(plane_ask(&plane, line, &ok));
	}
	free(plane_ask(&plane, "show pools", &ok));
	ck_assert(ok);
}
END_TEST

START_TEST(a_backend_that_is_not_there_is_told_what_it_is_most_like)
{
	char backends[64 * 50] = "";
	char line[160];

	for (int i = 1; i <= 50; i++)
		sprintf(backends + strlen(backends),
			"      - {name: mta%d, address: \"192.0.2.%d:25\"}\n",
			i, i);
	plane_write_config(&plane, "c.yaml", backends);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "drain mx/mat37", false,
		     "there is no backend mx/mat37; the nearest of 50: "
		     "mx/mta37, ");
	plane_expect(&plane, "drain mta44", false, "of 50: mx/mta44, ");
	plane_expect(&plane, "drain MX/MTA1", false, "see show backends");
	plane_expect(&plane, "wait 1 drained mx/mta051", false, "mx/mta5");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("input");
	TCase *t = tcase_create("input");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, wrong_input_is_told_what_was_expected);
	tcase_add_test(t, haproxys_words_are_understood);
	tcase_add_test(t, bent_commands_change_nothing_and_end_nothing);
	tcase_add_test(
		t, a_backend_that_is_not_there_is_told_what_it_is_most_like);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
