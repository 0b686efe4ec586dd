/* SPDX-License-Identifier: BSD-3-Clause */
/* The words that an operator adds to a command: a reason and a time, wherever the
 * time stands; nothing that could harm who reads them later.
 * Method: a table of words; every byte; texts of the longest length. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "remark.h"
#include "runner.h"

static struct remark remark;
static char fault[REMARK_FAULT_MAX];

static const struct {
	const char *words, *text;
	int64_t for_s; /* -1: refused */
} rows[] = {
	{"", "", 0},
	{"   ", "", 0},
	{"kernel upgrade", "kernel upgrade", 0},
	{"kernel upgrade for 2h", "kernel upgrade", 7200},
	{"for 2h kernel upgrade", "kernel upgrade", 7200},
	{"for 90s", "", 90},
	{"  for  1h30m  new   disk ", "new   disk", 5400},
	{"waiting for parts", "waiting for parts", 0},
	{"waiting for parts for 7d", "waiting for parts", 7 * 86400},
	{"for", "for", 0},
	{"nofor 2 disks", "nofor 2 disks", 0},
	{"J\u00f6rg: \u00dcberpr\u00fcfung \u2713",
	 "J\u00f6rg: \u00dcberpr\u00fcfung \u2713", 0},
	/* A time that is none must not become a reason for good. */
	{"kernel for 2", "", -1},
	{"kernel for 2 hours", "", -1},
	{"for 2hours kernel", "", -1},
	{"for 0s", "", -1},
	{"for 10000000000000000000s", "", -1},
	{"for 3660d", "", -1},
	{"for 367d", "", -1},
	{"for 366d", "", 366 * 86400},
	{"for 30m1h", "", -1},
	{"for 1h1h", "", -1},
	{"for 1.5h", "", -1},
	{"for 123456789012345678901234567890", "", -1},
	{"kernel for 2h upgrade", "", -1},
	{"for 2h kernel for 3h", "", -1},
	/* A time alone was meant as a time, and such words as options. */
	{"2h", "", -1},
	{" 1h30m ", "", -1},
	{"for 2h 3h", "", -1},
	{"2h of work", "2h of work", 0},
	{"--dry-run", "", -1},
	{"upgrade -dry-run", "", -1},
	{"upgrade\t--dry-run", "", -1},
	{"\u2010dry-run", "", -1},
	{"upgrade \u2014dry-run for 2h", "", -1},
	{"upgrade \u2015dry-run", "", -1},
	{"upgrade \u2212\u2212dry-run", "", -1},
	{"\u2013 \u2013dry-run", "", -1},
	{"disk \u2013 see J\u00f6rg - x-y", "disk \u2013 see J\u00f6rg - x-y",
	 0},
	{"\u2016x \u200ax", "\u2016x \u200ax", 0},
	/* What moves a cursor, or turns the writing. */
	{"a\033[2Jb", "", -1},
	{"a\nb", "", -1},
	{"a\x7f"
	 "b",
	 "", -1},
	{"a\xc2\x9b"
	 "2Jb",
	 "", -1},
	{"a\u202e"
	 "b",
	 "", -1},
	{"a\u2028b", "", -1},
	{"a\u200bb", "", -1},
	{"a\xff"
	 "b",
	 "", -1},
	{"a\xc0\x80", "", -1},
	{"a\xe2\x82", "", -1},
	{"a\xed\xa0\x80", "", -1},
	{"a\xf4\x90\x80\x80", "", -1},
};

START_TEST(words_are_a_reason_and_a_time)
{
	const int error = remark_parse(rows[_i].words, &remark, fault);

	if (rows[_i].for_s < 0) {
		ck_assert_int_lt(error, 0);
		ck_assert_str_ne(fault, "");
		return;
	}
	ck_assert_int_eq(error, 0);
	ck_assert_str_eq(remark.text, rows[_i].text);
	ck_assert_int_eq(remark.for_s, rows[_i].for_s);
}
END_TEST

START_TEST(a_reason_is_bounded)
{
	char words[4096];

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	ck_assert_int_lt(remark_parse(words, &remark, fault), 0);
	ck_assert(strstr(fault, "4095 bytes") != NULL);
	words[REMARK_TEXT_MAX] = '\0';
	ck_assert_int_lt(remark_parse(words, &remark, fault), 0);
	words[REMARK_TEXT_MAX - 1] = '\0';
	ck_assert_int_eq(remark_parse(words, &remark, fault), 0);
	ck_assert_str_eq(remark.text, words);
}
END_TEST

START_TEST(any_bytes_are_read_or_refused)
{
	char words[64];

	srand(1);
	for (int round = 0; round < 200000; round++) {
		const int length = rand() % 60;
		for (int i = 0; i < length; i++)
			words[i] =
				(char)(rand() % 4 == 0 ? 1 + rand() % 255
						       : "for 2h"[rand() % 6]);
		words[length] = '\0';
		if (remark_parse(words, &remark, fault) == 0)
			ck_assert(remark_is_text(remark.text));
	}
}
END_TEST

START_TEST(a_time_is_read_as_it_is_written)
{
	char text[DURATION_TEXT_MAX];

	ck_assert_str_eq(duration_text(-1, text), "0s");
	ck_assert_str_eq(duration_text(59, text), "59s");
	ck_assert_str_eq(duration_text(7200, text), "2h0m");
	ck_assert_str_eq(duration_text(INT64_MAX, text), "24855d3h");
	for (int64_t s = 1; s < 3600; s++)
		ck_assert_int_eq(duration_parse(duration_text(s, text)), s);
	ck_assert_int_eq(duration_parse("3d4h"), 3 * 86400 + 4 * 3600);
	ck_assert_int_eq(duration_parse(""), 0);
	ck_assert_int_eq(duration_parse("h"), 0);
	ck_assert_int_eq(duration_parse("5"), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("remark");
	TCase *t = tcase_create("remark");

	tcase_add_loop_test(t, words_are_a_reason_and_a_time, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, a_reason_is_bounded);
	tcase_add_test(t, any_bytes_are_read_or_refused);
	tcase_add_test(t, a_time_is_read_as_it_is_written);
	suite_add_tcase(s, t);
	return s;
}
