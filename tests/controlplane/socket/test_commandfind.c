/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports may be abbreviated, commands that change something may not, and what
 * is no command is told what it is most like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commandfind.h"
#include "runner.h"

static struct command_match match;
static char text[COMMAND_TEXT_MAX];

static enum command_result
find(const char *line)
{
	command_find(line, false, &match);
	text[0] = '\0';
	if (match.result != COMMAND_FOUND)
		command_explain(line, &match, text);
	return match.result;
}

static void
expect(const char *line, const char *words, const char *rest)
{
	ck_assert_msg(find(line) == COMMAND_FOUND, "%s: %s", line, text);
	ck_assert_str_eq(match.row->words, words);
	ck_assert_str_eq(match.rest, rest);
}

static void
refuse(const char *line, enum command_result result, const char *part)
{
	ck_assert_msg(find(line) == result, "%s: %d", line, match.result);
	ck_assert_msg(strstr(text, part) != NULL, "%s: %s", line, text);
}

START_TEST(whole_commands_are_found_with_what_follows)
{
	expect("show pools", "show pools", "");
	expect("  show \t pools  ", "show pools", "");
	expect("drain mx/a  --end-sessions", "drain", "mx/a  --end-sessions");
	expect("show backend mx/a", "show backend", "mx/a");
	expect("capture start", "capture", "start");
	expect("config check a b", "config check", "a b");
	command_find("capture start from x", true, &match);
	ck_assert_str_eq(match.row->words, "capture start");
	expect("set server mx/a weight 5", "set server", "mx/a weight 5");
	ck_assert_str_eq(match.row->arguments, "POOL/BACKEND weight N|N%");
}
END_TEST

START_TEST(reports_may_be_abbreviated)
{
	expect("sh ba", "show backends", "");
	expect("sho backends", "show backends", "");
	expect("show sess 9", "show sessions", "9");
	expect("stat", "status", "");
	expect("look 1.2.3.4:5 6.7.8.9:25", "lookup", "1.2.3.4:5 6.7.8.9:25");
	expect("sh ev of mx", "show events", "of mx");
	expect("sh acc", "show access", "");
	expect("wa 5 drained mx/a", "wait", "5 drained mx/a");
	expect("conf dump", "config dump", "");
	expect("conf hist 3", "config history", "3");
	expect("conf dif /x", "config diff", "/x");
}
END_TEST

START_TEST(what_changes_something_is_written_whole)
{
	static const char *const rows[] = {
		"dr mx/a",      "drai mx/a",     "mai mx/a", "en sessions x",
		"weigh mx/a 0", "conf apply /x", "reload l"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i], COMMAND_SHORT, "must be written whole");
	refuse("end sess mx/a", COMMAND_UNKNOWN, "end session");
	refuse("dr mx/a", COMMAND_SHORT, "'dr mx/a' is short for drain, which");
}
END_TEST

static bool
is_harmless(const struct command_row *row)
{
	return command_only_shows(row) || (row->kind == COMMAND_ALIAS &&
					   strncmp(row->help, "show ", 5) == 0);
}

/* Whatever one slip makes of a report, it is no other command. */
START_TEST(no_slip_in_a_report_makes_a_change)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		if (row->kind != COMMAND_REPORT)
			continue;
		for (size_t at = 0; at <= strlen(row->words); at++)
			for (int c = 'a' - 2; c <= 'z'; c++) {
				char line[128];
				snprintf(line, sizeof(line), "%s mx/a",
					 row->words);
				if (c < 'a' - 1)
					memmove(line + at, line + at + 1,
						strlen(line + at));
				else
					line[at] = c < 'a' ? ' ' : (char)c;
				if (find(line) == COMMAND_FOUND)
					ck_assert_msg(is_harmless(match.row),
						      "%s", line);
			}
	}
}
END_TEST

START_TEST(several_commands_are_listed)
{
	refuse("show", COMMAND_SEVERAL, "expected one of: show services, show");
	refuse("sh s", COMMAND_SEVERAL,
	       "'sh s' is not a whole command; expected one of: show "
	       "services, show ");
	refuse("d", COMMAND_SEVERAL, "expected one of: drain, drain box, deny");
	refuse("d mx/a", COMMAND_UNKNOWN,
	       "expected one of: drain, drain box, deny");
	refuse("set zzzzzz", COMMAND_UNKNOWN, "expected one of: set server");
	ck_assert_ptr_null(strstr(text, "server, set server"));
	refuse("", COMMAND_UNKNOWN, "expected one of: status, show, drain");
}
END_TEST

START_TEST(slips_are_told_what_was_meant)
{
	refuse("drian mx/a", COMMAND_UNKNOWN,
	       "unknown command 'drian mx/a'; did you mean drain?  See help");
	ck_assert_ptr_null(strstr(text, "status"));
	refuse("shoq pools", COMMAND_UNKNOWN, "did you mean show?");
	refuse("show poosl", COMMAND_UNKNOWN, "did you mean show pools?");
	refuse("show bakcend mx/a", COMMAND_UNKNOWN, "mean show backend");
	refuse("zzzzzz", COMMAND_UNKNOWN, "unknown command 'zzzzzz'; expected");
	refuse("show\x01", COMMAND_UNKNOWN, "unknown command");
}
END_TEST

START_TEST(any_line_is_found_or_explained)
{
	char line[4096];

	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	refuse(line, COMMAND_UNKNOWN, "unknown command 'aaaa");
	for (size_t i = 0; i + 1 < sizeof(line); i++)
		line[i] = i % 2 ? ' ' : 's';
	refuse(line, COMMAND_UNKNOWN, "unknown command");
	srand(1);
	for (int round = 0; round < 3000; round++) {
		const size_t length = (size_t)rand() % 40;
		for (size_t i = 0; i < length; i++)
			line[i] = "show drainbckef \t/"[rand() % 18];
		line[length] = '\0';
		if (find(line) != COMMAND_FOUND)
			ck_assert_uint_gt(strlen(text), 0);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("commandfind");
	TCase *t = tcase_create("commandfind");

	tcase_add_test(t, whole_commands_are_found_with_what_follows);
	tcase_add_test(t, reports_may_be_abbreviated);
	tcase_add_test(t, what_changes_something_is_written_whole);
	tcase_add_test(t, no_slip_in_a_report_makes_a_change);
	tcase_add_test(t, several_commands_are_listed);
	tcase_add_test(t, slips_are_told_what_was_meant);
	tcase_add_test(t, any_line_is_found_or_explained);
	suite_add_tcase(s, t);
	return s;
}
