/* SPDX-License-Identifier: BSD-3-Clause */
/* Help is asked for in several ways, and lists each command once. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "runner.h"

static char *text;

/* Print the help that a line asks for.  Returns false if there is none. */
static bool
ask(const char *line, bool json)
{
	size_t size, length;
	const char *words = help_asked(line, &length);

	ck_assert_ptr_nonnull(words);
	free(text);
	FILE *out = open_memstream(&text, &size);
	const bool found = help_print(words, length, json, out);
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
	ck_assert(lists("[bytes N] FILE\n   "));
	ck_assert(lists("\nconfig check [--host] FILE"));
	ck_assert(lists("\nhelp [COMMAND]"));
}
END_TEST

START_TEST(help_for_one_command_leaves_the_others_out)
{
	static const char *const lines[] = {"help ready", "help  ready",
					    "ready -h",   "ready --help",
					    "ready ?",    "ready  ?"};

	ck_assert(ask(lines[_i], false));
	ck_assert(strncmp(text, "ready POOL/BACKEND ", 19) == 0);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

START_TEST(the_first_words_are_enough)
{
	ck_assert(ask("help show s", false));
	ck_assert(lists("show services") && lists("show snat") &&
		  !lists("show pools"));
	ck_assert(ask("help -h", false) && lists("help [COMMAND]"));
	ck_assert(!ask("help nonsense", false));
	ck_assert_str_eq(text, "");
	ck_assert(!ask("nonsense ?", true));
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(programs_get_an_object)
{
	ck_assert(ask("help weight", true));
	json_t *data = json_loads(text, 0, NULL);
	const json_t *rows = json_object_get(data, "commands");
	ck_assert_uint_eq(json_array_size(rows), 1);
	const json_t *row = json_array_get(rows, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "command")),
			 "weight");
	ck_assert_str_eq(json_string_value(json_object_get(row, "arguments")),
			 "POOL/BACKEND N");
	json_decref(data);
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
	tcase_add_test(t, programs_get_an_object);
	tcase_add_test(t, other_lines_ask_for_no_help);
	suite_add_tcase(s, t);
	return s;
}
