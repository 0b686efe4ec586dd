/* SPDX-License-Identifier: BSD-3-Clause */
/* A text of a stranger shows what is in it, and does nothing else.
 * Method: characters by name, and each byte sequence of two bytes beside a plain
 * reading of RFC 3629. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "character.h"
#include "runner.h"

START_TEST(letters_of_all_lengths_are_shown)
{
	static const char *const letters[] = {" ", "a", "~", "é", "€", "😀"};

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		uint32_t character;

		ck_assert_uint_eq(character_shown_bytes(letters[i]),
				  strlen(letters[i]));
		ck_assert_uint_eq(character_read(letters[i], &character),
				  strlen(letters[i]));
		ck_assert(character_is_shown(character));
	}
}
END_TEST

START_TEST(what_acts_on_other_text_is_not_shown)
{
	static const char *const hidden[] = {
		"\n",               /* begins a line */
		"\033",             /* begins a command of a terminal */
		"\x7f",             /* delete */
		"\xc2\x9b",         /* U+009B, begins one too */
		"\xc2\xad",         /* soft hyphen */
		"\xd8\x9c",         /* Arabic letter mark */
		"\xe2\x80\x8b",     /* of no width */
		"\xe2\x80\xa8",     /* line separator */
		"\xe2\x80\xae",     /* from right to left */
		"\xe2\x81\xa6",     /* isolates a direction */
		"\xef\xbb\xbf",     /* byte order mark */
		"\xf3\xa0\x81\x81", /* a tag */
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		ck_assert_uint_eq(character_shown_bytes(hidden[i]), 0);
		ck_assert_uint_eq(character_hidden_bytes(hidden[i]),
				  strlen(hidden[i]));
	}
}
END_TEST

START_TEST(what_is_not_utf8_is_not_shown)
{
	static const char *const broken[] = {
		"\x80",             /* no character begins so */
		"\xc0\xaf",         /* longer than need be */
		"\xe0\x80\xaf",     /* the same */
		"\xed\xa0\x80",     /* a surrogate */
		"\xf4\x90\x80\x80", /* behind the last character */
		"\xff",             /* never in UTF-8 */
		"\xe2\x82",         /* cut in the middle */
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		ck_assert_uint_eq(character_shown_bytes(broken[i]), 0);
		ck_assert_uint_eq(character_hidden_bytes(broken[i]), 1);
	}
}
END_TEST

START_TEST(two_bytes_are_a_character_as_rfc_3629_says)
{
	for (unsigned first = 0x80; first < 0x100; first++)
		for (unsigned second = 1; second < 0x100; second++) {
			const char text[] = {(char)first, (char)second, 0};
			uint32_t character;
			const bool is = first >= 0xc2 && first < 0xe0 &&
					second >= 0x80 && second < 0xc0;

			ck_assert_uint_eq(character_read(text, &character),
					  is ? 2 : 0);
			if (is)
				ck_assert_uint_eq(character,
						  (first - 0xc0) * 64 + second -
							  0x80);
		}
}
END_TEST

START_TEST(a_text_is_made_one_that_shows)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"", ""},
		{"421 too busy", "421 too busy"},
		{"a\r\nb", "a??b"},
		{"Grüße €", "Grüße €"},
		{"mta1\xe2\x80\xae"
		 "1atm",
		 "mta1?1atm"},
		{"\xe2\x82", "??"},
		{"x\xf0\x9f", "x??"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", rows[i].text);
		character_make_shown(text);
		ck_assert_str_eq(text, rows[i].shown);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("character");
	TCase *t = tcase_create("character");

	tcase_add_test(t, letters_of_all_lengths_are_shown);
	tcase_add_test(t, what_acts_on_other_text_is_not_shown);
	tcase_add_test(t, what_is_not_utf8_is_not_shown);
	tcase_add_test(t, two_bytes_are_a_character_as_rfc_3629_says);
	tcase_add_test(t, a_text_is_made_one_that_shows);
	suite_add_tcase(s, t);
	return s;
}
