/* SPDX-License-Identifier: BSD-3-Clause */
/* The arguments of commands are read as their grammar says, and an error names
 * the wrong word and what belongs there.
 * Method: small grammars, those of all commands, and random lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commandrows.h"
#include "editdistance.h"
#include "place.h"
#include "runner.h"

static struct arguments found;
static char line[8192];
static char why[ARGUMENTS_WHY_MAX];

static bool
read_line(const char *grammar, const char *text)
{
	snprintf(line, sizeof(line), "%s", text);
	return arguments_parse(grammar, false, line, &found, why);
}

/* Is the line read, and its part `name` this value (NULL: left out)? */
static void
expect(const char *grammar, const char *text, const char *name,
       const char *value)
{
	ck_assert_msg(read_line(grammar, text), "%s: %s: %s", grammar, text,
		      why);
	const char *got = arguments_get(&found, name);
	if (value == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, value);
}

static void
refuse(const char *grammar, const char *text, const char *part)
{
	ck_assert_msg(!read_line(grammar, text), "%s: %s", grammar, text);
	ck_assert_msg(strstr(why, part) != NULL, "%s", why);
}

START_TEST(values_are_found_by_their_names)
{
	expect("POOL/BACKEND", "mx/a", "POOL/BACKEND", "mx/a");
	expect("SRC:PORT VIP:PORT", "1.2.3.4:5 \t 6.7.8.9:25", "VIP:PORT",
	       "6.7.8.9:25");
	expect("N|default", "7", "N", "7");
	expect("N|default", "7", "N|default", "7");
	expect("N|default", "7", "default", NULL);
	expect("N|default", "default", "default", "default");
	expect("N|default", "default", "N", NULL);
	expect("POOL|POOL/BACKEND", "mx", "POOL", "mx");
	expect("POOL|POOL/BACKEND", "mx/a", "POOL/BACKEND", "mx/a");
	expect("POOL|POOL/BACKEND", "mx/a", "POOL", NULL);
	expect("", "", "N", NULL);
	expect("[N]", "", "N", NULL);
	expect("[N]", "  ", "N", NULL);
}
END_TEST

START_TEST(groups_come_in_any_order_and_each_once)
{
	static const char grammar[] =
		"[N] [from PREFIX] [backend POOL/BACKEND] [older TIME]";
	static const char *const lines[] = {
		"9 from 1.2.3.0/24 backend mx/a older 5m",
		"older 5m backend mx/a from 1.2.3.0/24 9",
		"backend mx/a 9 older 5m from 1.2.3.0/24",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		expect(grammar, lines[i], "N", "9");
		ck_assert_str_eq(arguments_get(&found, "PREFIX"), "1.2.3.0/24");
		ck_assert_str_eq(arguments_get(&found, "POOL/BACKEND"), "mx/a");
		ck_assert_str_eq(arguments_get(&found, "TIME"), "5m");
		ck_assert(arguments_has(&found, "from"));
	}
	expect(grammar, "from 1.2.3.4", "N", NULL);
	refuse(grammar, "9 9", "'9' does not belong there: expected from, ");
	refuse(grammar, "from 1.2.3.4 from 1.2.3.5", "'from' does not belong");
	refuse(grammar, "from", "not complete: expected PREFIX (such as ");
	refuse(grammar, "older than",
	       "'than' does not belong there: expected "
	       "TIME (such as 90s)");
}
END_TEST

START_TEST(groups_may_stand_anywhere_and_hold_groups)
{
	expect("[--host] FILE", "--host /a b", "FILE", "/a b");
	expect("[--host] FILE", "/a b", "--host", NULL);
	refuse("[--host] FILE", "--hots /a",
	       "'--hots' does not belong there: "
	       "expected --host or FILE (such");
	refuse("[--host] FILE", "--host", "not complete: expected FILE");
	expect("DOMAIN [RESOLVER]", "a.example", "RESOLVER", NULL);
	expect("N drained POOL/BACKEND", "9 drained mx/a", "drained",
	       "drained");
	refuse("N drained POOL/BACKEND", "9 dried mx/a", "expected drained");
	expect("[a [b N]] [c] N", "a b 1 c 2", "b N", "1");
	expect("[a [b N]] [c] N", "c a 2", "N", "2");
	expect("[a [b [c [d]]]] [e]", "a b c d e", "e", "e");
	refuse("[a [b N]] [c] N", "b 1",
	       "'b' does not belong there: expected "
	       "a, c or N (such as 100)");
	refuse("[a [b N]] [c] N", "c b 1", "'b' does not belong there");
	expect("[packets N] [bytes N]", "bytes 2 packets 1", "packets N", "1");
	ck_assert_str_eq(arguments_get(&found, "bytes N"), "2");
}
END_TEST

START_TEST(the_rest_of_a_line_keeps_its_blanks)
{
	expect("POOL/BACKEND [for TIME] [REASON...]", "mx/a new  kernel \t x",
	       "REASON", "new  kernel \t x");
	expect("POOL/BACKEND [for TIME] [REASON...]", "mx/a for 2h why for 3h",
	       "REASON", "why for 3h");
	ck_assert_str_eq(arguments_get(&found, "TIME"), "2h");
	expect("POOL/BACKEND [for TIME] [REASON...]", "mx/a", "REASON", NULL);
	expect("FILE", "/a/b c", "FILE", "/a/b c");
}
END_TEST

START_TEST(a_word_goes_to_a_literal_before_a_value)
{
	expect("[POOL] [up|down]", "up", "up|down", "up");
	expect("[POOL] [up|down]", "mx", "POOL", "mx");
	expect("[POOL] [up|down]", "down mx", "POOL", "mx");
	expect("[POOL] [up|down]", "up down", "POOL", "down");
	refuse("[POOL] [up|down]", "up down up", "expected nothing more");
	refuse("POOL/BACKEND [--end-sessions]", "--end-sessions",
	       "'--end-sessions' does not belong there: expected POOL/BACKEND");
	refuse("POOL/BACKEND [--end-sessions]", "mx/a --end",
	       "expected --end-sessions or nothing more");
}
END_TEST

START_TEST(literals_may_be_short_where_it_is_allowed_and_values_never)
{
	static const char grammar[] = "[from PREFIX] [for TIME] [up|down]";

	snprintf(line, sizeof(line), "d fr 1.2.3.4");
	ck_assert(arguments_parse(grammar, true, line, &found, why));
	ck_assert_str_eq(arguments_get(&found, "up|down"), "down");
	ck_assert_str_eq(arguments_get(&found, "from"), "from");
	ck_assert_str_eq(arguments_get(&found, "PREFIX"), "1.2.3.4");
	snprintf(line, sizeof(line), "f 1.2.3.4");
	ck_assert(!arguments_parse(grammar, true, line, &found, why));
	ck_assert_ptr_nonnull(strstr(why, "'f' is the beginning of several"));
	refuse(grammar, "fr 1.2.3.4", "'fr' does not belong there");
	snprintf(line, sizeof(line), "--end");
	ck_assert(
		!arguments_parse("[--end-sessions]", true, line, &found, why));
}
END_TEST

START_TEST(malformed_grammars_are_told_apart)
{
	static const char *const grammars[] = {
		"[",  "]",  "[]",   "[ [a] b]",
		"[a", "a]", "a][b", "[a [b [c [d [e]]]]]",
	};
	char many[4 * PLACE_TOKENS_MAX] = "";
	struct place place;

	for (size_t i = 0; i < sizeof(grammars) / sizeof(grammars[0]); i++) {
		ck_assert_msg(!place_begin(&place, grammars[i]), "%s",
			      grammars[i]);
		refuse(grammars[i], "a", "malformed");
	}
	for (int i = 0; i <= PLACE_TOKENS_MAX; i++)
		strcat(many, "a ");
	ck_assert(!place_begin(&place, many));
}
END_TEST

/* Fill in an example for each word of a row's grammar. */
START_TEST(the_grammar_of_every_command_is_sound)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		struct place place;
		unsigned words = 0, bytes = 0;

		ck_assert_msg(place_begin(&place, row->arguments), "%s",
			      row->words);
		for (uint8_t t = 0; t < place.tokens; t++)
			if (place.token[t].kind == PLACE_WORD) {
				words++;
				bytes += place.token[t].length + 1u;
			}
		/* So all words of it fit struct arguments. */
		ck_assert_uint_le(words, ARGUMENTS_MAX);
		ck_assert_uint_le(bytes, ARGUMENTS_SHORT_MAX);
		bool end;
		const uint64_t set = place_next(&place, &end);
		ck_assert_msg(end || set != 0, "%s", row->words);
	}
}
END_TEST

START_TEST(what_may_come_next_is_listed)
{
	static const char grammar[] =
		"[from PREFIX] [backend POOL/BACKEND] ignore|obey";
	struct arguments_next next[ARGUMENTS_MAX];
	bool end;

	ck_assert_uint_eq(arguments_next(grammar, "", 0, next, &end), 4);
	ck_assert(!end && !next[0].value);
	ck_assert_uint_eq(next[0].length, strlen("from"));
	ck_assert_uint_eq(arguments_next(grammar, "backend ", 8, next, &end),
			  1);
	ck_assert(next[0].value && !end);
	ck_assert(strncmp(next[0].text, "POOL/BACKEND", next[0].length) == 0);
	ck_assert_uint_eq(
		arguments_next(grammar, "backend mx/a", 12, next, &end), 3);
	ck_assert_uint_eq(arguments_next(grammar, "obey", 4, next, &end), 0);
	ck_assert(end);
	ck_assert_uint_eq(arguments_next(grammar, "nonsense", 8, next, &end),
			  0);
	ck_assert(!end);
}
END_TEST

START_TEST(long_lines_are_refused_at_the_first_word_that_is_too_much)
{
	char text[4096] = "";

	for (size_t i = 0; i + 4 < sizeof(text); i += 4)
		memcpy(text + i, "a b ", 5);
	refuse("[a] [b]", text, "'a' does not belong there: expected nothing");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refuse("[a] [b]", text, "xxx...' does not belong there");
	ck_assert_uint_lt(strlen(why), 120);
	expect("POOL/BACKEND", text, "POOL/BACKEND", text);
}
END_TEST

/* Whatever is typed, the words that are found are words of the line, in its
 * order. */
START_TEST(any_line_is_read_or_refused)
{
	static const char *const words[] = {
		"mx/a", "7",  "50%", "from",    "1.2.3.0/24", "--end-sessions",
		"for",  "of", "-",   "drained", "\x1b[31m",   "\xff\xfe",
		"[",    "]",  "|",   "...",
	};
	srand(1);
	for (int round = 0; round < 20000; round++) {
		const struct command_row *row =
			&command_rows[(size_t)rand() % COMMAND_ROWS];
		char text[256] = "";
		for (int i = rand() % 6; i > 0; i--) {
			strcat(text, words[(size_t)rand() %
					   (sizeof(words) / sizeof(words[0]))]);
			strcat(text, i % 2 ? " " : "\t");
		}
		snprintf(line, sizeof(line), "%s", text);
		if (!arguments_parse(row->arguments, round % 2, line, &found,
				     why)) {
			ck_assert_uint_gt(strlen(why), 0);
			continue;
		}
		ck_assert_uint_le(found.count, ARGUMENTS_MAX);
		for (uint8_t i = 0; i < found.count; i++)
			ck_assert_ptr_nonnull(
				strstr(text, found.list[i].value));
	}
}
END_TEST

START_TEST(distances_are_counts_of_slips)
{
	static const struct {
		const char *a, *b;
		uint32_t distance;
	} cases[] = {
		{"", "", 0},
		{"mta1", "mta1", 0},
		{"", "mta1", 4},
		{"mta1", "", 4},
		{"mta1", "mta2", 1},
		{"mat1", "mta1", 1},
		{"mta", "mta1", 1},
		{"mx/mta11", "mx/mta1", 1},
		{"kitten", "sitting", 3},
		{"abcdef", "badcfe", 3},
	};
	char longer[2 * EDITDISTANCE_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(editdistance(cases[i].a, cases[i].b),
				  cases[i].distance);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_uint_eq(editdistance(longer, longer), 0);
	ck_assert_uint_eq(editdistance("", longer), EDITDISTANCE_MAX);
	ck_assert_uint_eq(editdistance(longer, ""), EDITDISTANCE_MAX);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("arguments");
	TCase *t = tcase_create("arguments");

	tcase_add_test(t, values_are_found_by_their_names);
	tcase_add_test(t, groups_come_in_any_order_and_each_once);
	tcase_add_test(t, groups_may_stand_anywhere_and_hold_groups);
	tcase_add_test(t, the_rest_of_a_line_keeps_its_blanks);
	tcase_add_test(t, a_word_goes_to_a_literal_before_a_value);
	tcase_add_test(
		t, literals_may_be_short_where_it_is_allowed_and_values_never);
	tcase_add_test(t, malformed_grammars_are_told_apart);
	tcase_add_test(t, the_grammar_of_every_command_is_sound);
	tcase_add_test(t, what_may_come_next_is_listed);
	tcase_add_test(
		t, long_lines_are_refused_at_the_first_word_that_is_too_much);
	tcase_add_test(t, any_line_is_read_or_refused);
	tcase_add_test(t, distances_are_counts_of_slips);
	suite_add_tcase(s, t);
	return s;
}
