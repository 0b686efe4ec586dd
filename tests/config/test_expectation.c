/* SPDX-License-Identifier: BSD-3-Clause */
/* What the file may say of an MTA: words of EHLO, and an address for probes.
 * Both become part of what is sent to an MTA, or compared with what it says. */
#include <stdio.h>
#include <string.h>

#include "expectation.h"
#include "mailbox.h"
#include "runner.h"

START_TEST(expectations_keep_their_meaning)
{
	static const struct {
		const char *text, *formatted;
	} good[] = {
		{"STARTTLS", "STARTTLS"},
		{"starttls", "STARTTLS"},
		{"8BITMIME", "8BITMIME"},
		{"X-EXPS", "X-EXPS"},
		{"AUTH PLAIN", "AUTH PLAIN"},
		{"auth  cram-md5", "AUTH CRAM-MD5"},
		{"SIZE>=35000000", "SIZE>=35000000"},
		{"SIZE >= 1", "SIZE>=1"},
	};
	char text[EXPECTATION_FORMAT_MAX];
	struct expectation e, again;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(expectation_parse(good[i].text, &e) == 0, "%s",
			      good[i].text);
		ck_assert_str_eq(expectation_format(&e, text),
				 good[i].formatted);
		ck_assert_int_eq(expectation_parse(text, &again), 0);
		ck_assert(expectation_equal(&e, &again));
	}
}
END_TEST

START_TEST(texts_that_are_no_expectation_are_refused)
{
	static const char *const bad[] = {
		"",
		" SIZE",
		"-X",
		"SIZE>35",
		"SIZE>=",
		"SIZE>=0",
		"SIZE>=x",
		"SIZE>=010",
		"SIZE>=1234567890123456789",
		"SIZE>=-1",
		"AUTH ",
		"AUTH PLAIN LOGIN",
		"A\tB",
		"A\r\nQUIT",
		"A \001",
		"THIS-WORD-IS-LONGER-THAN-ANY-KEYWORD-OF-SMTP-HAS-BEEN-EVER",
	};
	struct expectation e = {.least = 7};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(expectation_parse(bad[i], &e) != 0 &&
				      e.least == 7,
			      "'%s'", bad[i]);
}
END_TEST

START_TEST(addresses_for_probes_are_taken_as_they_are)
{
	static const char *const good[] = {
		"probe@example.net",
		"a+b.c@mx-1.example.net",
		"postmaster@[192.0.2.1]",
		"x@[IPv6:2001:db8::1]",
		"o'hara@a",
	};
	char out[MAILBOX_TEXT_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(mailbox_parse(good[i], out) == 0, "%s", good[i]);
		ck_assert_str_eq(out, good[i]);
	}
}
END_TEST

START_TEST(nothing_that_could_be_a_second_command_is_an_address)
{
	static const char *const bad[] = {
		"",
		"probe",
		"@example.net",
		"probe@",
		"a b@c",
		"a@b c",
		"a@b>",
		"<a@b>",
		"a@b\r\nDATA",
		"a\n@b",
		".a@b",
		"a.@b",
		"a..b@c",
		"a@.b",
		"a@-b",
		"a@b.",
		"a@b..c",
		"a@b@c",
		"\"a\"@b",
		"a\x80@b",
		("0123456789012345678901234567890123456789012345678901234567890"
		 "1234@b"),
	};
	char out[MAILBOX_TEXT_MAX] = "kept", longest[400];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strlen(bad[i]) < 60)
			ck_assert_msg(mailbox_parse(bad[i], out) != 0, "'%s'",
				      bad[i]);
	ck_assert_str_eq(out, "kept");
	memset(longest, 'a', sizeof(longest));
	longest[1] = '@';
	longest[MAILBOX_TEXT_MAX] = '\0';
	ck_assert_int_ne(mailbox_parse(longest, out), 0);
	longest[MAILBOX_TEXT_MAX - 1] = '\0';
	ck_assert_int_eq(mailbox_parse(longest, out), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("expectation");
	TCase *t = tcase_create("expectation");

	tcase_add_test(t, expectations_keep_their_meaning);
	tcase_add_test(t, texts_that_are_no_expectation_are_refused);
	tcase_add_test(t, addresses_for_probes_are_taken_as_they_are);
	tcase_add_test(t, nothing_that_could_be_a_second_command_is_an_address);
	suite_add_tcase(s, t);
	return s;
}
