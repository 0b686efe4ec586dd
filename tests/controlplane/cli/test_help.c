/* SPDX-License-Identifier: BSD-3-Clause */
/* Help is asked for in several ways, and lists each command once. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "help.h"
#include "runner.h"

static char *text;
static char why[COMMAND_TEXT_MAX];

/* Print the help that a line asks for.  Returns false if there is none. */
static bool
ask(const char *line, bool json)
{
	size_t size, length;
	const char *words = help_asked(line, &length);

	ck_assert_ptr_nonnull(words);
	free(text);
	FILE *out = open_memstream(&text, &size);
	const bool found = help_print(words, length, json, out, why);
	fclose(out);
	return found;
}

static void
teardown(void)
{
	free(text);
	text = NULL;
}

static bool
lists(const char *part)
{
	return strstr(text, part) != NULL;
}

START_TEST(help_lists_every_command)
{
	ck_assert(ask("help", false));
	ck_assert(lists("wait SECONDS drained POOL/BACKEND"));
	ck_assert(lists("\nshow generation "));
	ck_assert(lists("\nend sessions POOL/BACKEND"));
	ck_assert(lists("[bytes N] FILE.pcapng\n   "));
	ck_assert(lists("\nconfig check [--host] FILE"));
	ck_assert(lists("\nhelp [COMMAND]"));
	ck_assert(strstr(text, "\nhelp [COMMAND]") <
		  strstr(text, "\n\nHAProxy's words are understood, too:\n"));
	ck_assert(lists("\nset weight POOL/BACKEND N|N%\n"));
	ck_assert(lists("[mailbox "));
	for (const char *line = text, *end; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_msg(end - line <= 80, "%.*s", (int)(end - line),
			      line);
	}
}
END_TEST

START_TEST(help_for_one_command_leaves_the_others_out)
{
	static const char *const lines[] = {"help forget", "help  forget",
					    "forget -h",   "forget --help",
					    "forget ?",    "forget  ?"};

	ck_assert(ask(lines[_i], false));
	ck_assert_str_eq(text,
			 "forget PREFIX [--by PROGRAM]\n"
			 "    undo deny or allow: the lists decide again\n"
			 "    PREFIX        addresses of clients, such as "
			 "192.0.2.0/24\n"
			 "    PROGRAM       the name of a program that gives "
			 "commands, such as fail2ban\n"
			 "    example: forget 192.0.2.0/24 --by fail2ban\n");
}
END_TEST

START_TEST(the_first_words_are_enough)
{
	ck_assert(ask("help show s", false));
	ck_assert(lists("show services") && lists("show snat") &&
		  !lists("show pools"));
	ck_assert(ask("help -h", false) && lists("help [COMMAND]"));
	ck_assert(ask("help sh ba", false));
	ck_assert(lists("show backend POOL") && lists("show backends"));
	ck_assert(ask("help show backend", false) && !lists("backends"));
	ck_assert(!ask("help nonsense", false));
	ck_assert_str_eq(text, "");
	ck_assert_ptr_nonnull(strstr(why, "unknown command 'nonsense'"));
	ck_assert(!ask("drian ?", false));
	ck_assert_ptr_nonnull(strstr(why, "did you mean drain?"));
	ck_assert(!ask("nonsense ?", true));
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(values_and_examples_are_whole)
{
	ck_assert(ask("help show sessions", false));
	ck_assert(lists("    STATE         of a session: opening, "));
	ck_assert(lists(" state established\n"));
	/* All forms of one command. */
	ck_assert(ask("set server -h", false));
	ck_assert_int_eq(strncmp(text, "set server POOL/BACKEND state", 29), 0);
	ck_assert(lists("    example: set server mx/mta1 state ready\n"));
	ck_assert(lists("    example: set server mx/mta1 weight 100\n"));
	ck_assert(ask("help show stat", false) && !lists(" \n"));
	ck_assert(ask("help enable", false) && text[0] != '\n');
}
END_TEST

START_TEST(programs_get_an_object)
{
	ck_assert(ask("help forget", true));
	json_t *data = json_loads(text, 0, NULL);
	const json_t *rows = json_object_get(data, "commands");
	ck_assert_uint_eq(json_array_size(rows), 1);
	const json_t *row = json_array_get(rows, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "command")),
			 "forget");
	ck_assert_str_eq(json_string_value(json_object_get(row, "arguments")),
			 "PREFIX [--by PROGRAM]");
	json_decref(data);
}
END_TEST

START_TEST(every_example_is_a_command)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		struct command_match match;
		struct arguments found;
		char line[HELP_EXAMPLE_MAX], rest[HELP_EXAMPLE_MAX];
		char fault[ARGUMENTS_WHY_MAX];

		if (row->kind == COMMAND_HIDDEN)
			continue;
		help_example(row, line);
		command_find(line, false, &match);
		ck_assert_int_eq(match.result, COMMAND_FOUND);
		ck_assert_msg(match.row == row, "%s", line);
		snprintf(rest, sizeof(rest), "%s", match.rest);
		ck_assert_msg(arguments_parse(row->arguments, false, rest,
					      &found, fault),
			      "%s: %s", line, fault);
	}
}
END_TEST

START_TEST(an_example_has_values_and_no_options_without_one)
{
	ck_assert(ask("help deny", false));
	ck_assert(
		lists("\n    example: deny 192.0.2.0/24 --by fail2ban for 90s "
		      "kernel upgrade\n"));
}
END_TEST

START_TEST(other_lines_ask_for_no_help)
{
	static const char *const lines[] = {"", "show pools", "helpful",
					    "drain mx/-h",
					    "config check -host"};
	size_t length;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_ptr_null(help_asked(lines[i], &length));
}
END_TEST

START_TEST(a_mark_behind_a_reason_is_doubtful)
{
	static const char *const sure[] = {"drain ?",           "drain -h",
					   "help drain mx/a",   "help",
					   "show sessions 9 ?", "nonsense x ?"};
	static const char *const doubtful[] = {
		"drain mx/a ?", "drain mx/a is it alive ?", "weight mx/a 5 -h",
		"config check x.yaml --help"};

	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		ck_assert_msg(!help_is_doubtful(sure[i]), "%s", sure[i]);
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
		ck_assert_msg(help_is_doubtful(doubtful[i]), "%s", doubtful[i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("help");
	TCase *t = tcase_create("help");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, help_lists_every_command);
	tcase_add_loop_test(t, help_for_one_command_leaves_the_others_out, 0,
			    6);
	tcase_add_test(t, the_first_words_are_enough);
	tcase_add_test(t, values_and_examples_are_whole);
	tcase_add_test(t, programs_get_an_object);
	tcase_add_test(t, every_example_is_a_command);
	tcase_add_test(t, an_example_has_values_and_no_options_without_one);
	tcase_add_test(t, other_lines_ask_for_no_help);
	tcase_add_test(t, a_mark_behind_a_reason_is_doubtful);
	suite_add_tcase(s, t);
	return s;
}
