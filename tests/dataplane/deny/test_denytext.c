/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of deny lists: what is read, and how a mistake is reported. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denytext.h"
#include "runner.h"

static struct mx_deny_list list;
static struct mx_deny_fault fault;

static void
setup(void)
{
	memset(&fault, 0, sizeof(fault));
}

static void
teardown(void)
{
	mx_deny_list_free(&list);
}

static int
read_text(const char *text)
{
	mx_deny_list_free(&list);
	return mx_deny_read(&list, text, strlen(text), MX_DENY_DENIED, &fault);
}

START_TEST(prefixes_addresses_comments_and_spaces_are_read)
{
	const char text[] = "# a list\n"
			    "\n"
			    "192.0.2.0/24\n"
			    "  198.51.100.7\t# one address\r\n"
			    "2001:db8::/32 ; SBL1\n"
			    "2001:db8::1;x\n"
			    "   \t\r\n"
			    "0.0.0.0/0";

	ck_assert_int_eq(read_text(text), 0);
	ck_assert_uint_eq(list.of[MX_DENY_V4].count, 3);
	ck_assert_uint_eq(list.of[MX_DENY_V6].count, 2);
	const struct mx_deny_entry *four = list.of[MX_DENY_V4].entry;
	const struct mx_deny_entry *six = list.of[MX_DENY_V6].entry;
	ck_assert_uint_eq(four[0].high, (uint64_t)0xc0000200 << 32);
	ck_assert_uint_eq(four[0].bits, 24);
	ck_assert_uint_eq(four[1].high, (uint64_t)0xc6336407 << 32);
	ck_assert_uint_eq(four[1].bits, 32);
	ck_assert_uint_eq(four[2].bits, 0);
	ck_assert_uint_eq(six[0].high, (uint64_t)0x20010db8 << 32);
	ck_assert_uint_eq(six[0].bits, 32);
	ck_assert_uint_eq(six[1].low, 1);
	ck_assert_uint_eq(six[1].bits, 128);
	ck_assert_int_eq(read_text(""), 0);
}
END_TEST

static const struct {
	const char *line;
	const char *text; /* a part of what is said */
} wrong[] = {
	{"heavy", "found \"heavy\""},
	{"192.0.2", "found \"192.0.2\""},
	{"192.0.2.256", "expected a prefix"},
	{"192.0.2.01", "expected a prefix"},
	{"192.0.2.1.", "expected a prefix"},
	{"192.0.2.1 192.0.2.2", "expected a prefix"},
	{"192.0.2.0/33", "expected a prefix"},
	{"192.0.2.0/", "expected a prefix"},
	{"192.0.2.0/024", "expected a prefix"},
	{"192.0.2.0/-1", "expected a prefix"},
	{"192.0.2.0/24/24", "expected a prefix"},
	{"192.0.2.0/4294967320", "expected a prefix"},
	{"/24", "expected a prefix"},
	{"192.0.2.1/24", "bits beyond its length"},
	{"2001:db8::1/64", "bits beyond its length"},
	{"2001:db8::/129", "expected a prefix"},
	{"2001:db8:::/32", "expected a prefix"},
	{"::ffff:192.0.2.1", "expected a prefix"},
	{"::ffff:192.0.2.0/120", "expected a prefix"},
	{"fe80::1%eth0", "expected a prefix"},
	{"\x01\xff\x1b[2J", "found \"???[2J\""},
};

START_TEST(a_mistake_is_reported_with_its_line)
{
	char text[200];

	snprintf(text, sizeof(text), "# x\n10.0.0.0/8\n%s\n11.0.0.0/8\n",
		 wrong[_i].line);
	ck_assert_int_eq(read_text(text), -EINVAL);
	ck_assert_uint_eq(fault.line, 3);
	ck_assert_ptr_nonnull(strstr(fault.text, wrong[_i].text));
}
END_TEST

START_TEST(a_long_line_is_cut_in_the_message)
{
	char *text = malloc(1 << 20);

	memset(text, 'x', 1 << 20);
	ck_assert_int_eq(
		mx_deny_read(&list, text, 1 << 20, MX_DENY_DENIED, &fault),
		-EINVAL);
	ck_assert_uint_eq(fault.line, 1);
	ck_assert_uint_lt(strlen(fault.text), sizeof(fault.text));
	free(text);
}
END_TEST

START_TEST(a_text_of_too_many_lines_is_refused)
{
	const size_t half = MX_DENY_LINES_MAX / 2;
	char *text = malloc(half);

	memset(text, '\n', half);
	mx_deny_list_free(&list);
	for (int part = 0; part < 2; part++)
		ck_assert_int_eq(
			mx_deny_read(&list, text, half, MX_DENY_DENIED, &fault),
			0);
	ck_assert_int_eq(mx_deny_read(&list, text, 1, MX_DENY_DENIED, &fault),
			 -E2BIG);
	ck_assert_uint_eq(fault.line, MX_DENY_LINES_MAX + 1);
	ck_assert_str_eq(fault.text, "more than 8388608 lines");
	free(text);
}
END_TEST

START_TEST(bytes_behind_the_text_are_not_read)
{
	/* In memory of its own, so that the sanitizer sees what is beyond. */
	const char whole[] = "192.0.2.0/24\n2001:db8::/32";

	for (size_t size = 0; size <= strlen(whole); size++) {
		char *part = malloc(size + (size == 0));

		memcpy(part, whole, size);
		mx_deny_list_free(&list);
		mx_deny_read(&list, part, size, MX_DENY_DENIED, &fault);
		free(part);
	}
}
END_TEST

START_TEST(a_byte_of_zero_is_a_mistake)
{
	const char text[] = "10.0.0.0/8\n11.0\0.0.0/8\n";

	ck_assert_int_eq(mx_deny_read(&list, text, sizeof(text) - 1,
				      MX_DENY_DENIED, &fault),
			 -EINVAL);
	ck_assert_uint_eq(fault.line, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denytext");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, prefixes_addresses_comments_and_spaces_are_read);
	tcase_add_loop_test(c, a_mistake_is_reported_with_its_line, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(c, a_long_line_is_cut_in_the_message);
	tcase_add_test(c, a_text_of_too_many_lines_is_refused);
	tcase_add_test(c, bytes_behind_the_text_are_not_read);
	tcase_add_test(c, a_byte_of_zero_is_a_mistake);
	suite_add_tcase(s, c);
	return s;
}
