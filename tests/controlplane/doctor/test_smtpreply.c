/* SPDX-License-Identifier: BSD-3-Clause */
/* A reply is read as it is, whatever a server makes of it.
 * Method: each reply is fed whole and byte by byte; then random bytes. */
#include <string.h>

#include "runner.h"
#include "smtpreply.h"

static const struct {
	const char *bytes;
	uint16_t code;
	const char *text;
	bool faulty;
} cases[] = {
	/* clang-format off */
	{"220 mx ESMTP\r\n",                 220, "mx ESMTP", false},
	{"220 mx\n",                         220, "mx", false},
	{"250\r\n",                          250, "", false},
	{"250-mx\r\n250-SIZE 10\r\n250 STARTTLS\r\n", 250, "mx\nSIZE 10\nSTARTTLS", false},
	{"220 a\tb\x1b[31mc\xff\r\n",        220, "a?b?[31mc?", false},
	{"220-a\r\n250 b\r\n",               220, NULL, true},
	{"hello\r\n",                        0, NULL, true},
	{"22\r\n",                           0, NULL, true},
	{"\r\n",                             0, NULL, true},
	{"120 a\r\n",                        0, NULL, true},
	{"250x\r\n",                         0, NULL, true},
	/* clang-format on */
};

static struct smtpreply reply;

static void
judge(int i)
{
	ck_assert_msg((reply.fault != NULL) == cases[i].faulty, "%d", i);
	ck_assert_uint_eq(reply.code, cases[i].code);
	if (cases[i].text != NULL)
		ck_assert_str_eq(reply.text, cases[i].text);
}

START_TEST(a_reply_is_read)
{
	const char *bytes = cases[_i].bytes;
	const size_t count = strlen(bytes);

	smtpreply_begin(&reply);
	ck_assert_uint_eq(smtpreply_feed(&reply, bytes, count), count);
	judge(_i);
	smtpreply_begin(&reply);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(smtpreply_feed(&reply, &bytes[i], 1), 1);
	judge(_i);
}
END_TEST

START_TEST(what_follows_a_reply_is_left)
{
	smtpreply_begin(&reply);
	ck_assert_uint_eq(smtpreply_feed(&reply, "220 a\r\n500 b\r\n", 14), 7);
	ck_assert(reply.whole);
	ck_assert_str_eq(reply.text, "a");
}
END_TEST

START_TEST(words_of_ehlo_are_found_whole)
{
	static const char bytes[] =
		"250-starttls.example.org\r\n250-SIZE 10\r\n250 STARTTLS\r\n";

	smtpreply_begin(&reply);
	smtpreply_feed(&reply, bytes, sizeof(bytes) - 1);
	ck_assert(smtpreply_offers(&reply, "starttls"));
	ck_assert(smtpreply_offers(&reply, "SIZE"));
	ck_assert(!smtpreply_offers(&reply, "START"));
	ck_assert(!smtpreply_offers(&reply, "starttls.example.org"));
}
END_TEST

START_TEST(a_reply_without_end_is_a_fault)
{
	smtpreply_begin(&reply);
	for (int i = 0; reply.fault == NULL && i < 100000; i++)
		smtpreply_feed(&reply, "250-a\r\n", 7);
	ck_assert(reply.fault != NULL && !reply.whole);
	smtpreply_begin(&reply);
	for (int i = 0; reply.fault == NULL && i < 100000; i++)
		smtpreply_feed(&reply, "2", 1);
	ck_assert(reply.fault != NULL && !reply.whole);
}
END_TEST

START_TEST(random_bytes_leave_a_clean_text)
{
	uint32_t seed = 7;

	for (int turn = 0; turn < 20000; turn++) {
		smtpreply_begin(&reply);
		for (int i = 0; i < 40 && !reply.whole && !reply.fault; i++) {
			seed = seed * 1664525 + 1013904223;
			const char byte = "25 -\r\n\x80\0a"[(seed >> 24) % 9];
			smtpreply_feed(&reply, &byte, 1);
		}
		ck_assert(strspn(reply.text, "25 -?a\n") == strlen(reply.text));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("smtpreply");
	TCase *t = tcase_create("smtpreply");

	tcase_add_loop_test(t, a_reply_is_read, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, what_follows_a_reply_is_left);
	tcase_add_test(t, words_of_ehlo_are_found_whole);
	tcase_add_test(t, a_reply_without_end_is_a_fault);
	tcase_add_test(t, random_bytes_leave_a_clean_text);
	suite_add_tcase(s, t);
	return s;
}
