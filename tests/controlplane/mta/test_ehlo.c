/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of an EHLO reply: kept up to a limit, compared by a mark, and held
 * against what the file expects.
 * Method: replies of real MTAs, and of one that does not end. */
#include <stdio.h>
#include <string.h>

#include "ehlo.h"
#include "runner.h"

static const char *const postfix[] = {
	"mta1.example.net", "PIPELINING",
	"SIZE 10240000",    "ETRN",
	"STARTTLS",         "AUTH PLAIN LOGIN",
	"AUTH=PLAIN LOGIN", "ENHANCEDSTATUSCODES",
	"8BITMIME",         "DSN",
	"CHUNKING",         NULL,
};

static struct ehlo ehlo;

static void
take(const char *const *lines)
{
	ehlo_clear(&ehlo);
	for (; *lines != NULL; lines++)
		ehlo_add(&ehlo, *lines);
}

static bool
meets(const char *text)
{
	struct expectation e;

	ck_assert_int_eq(expectation_parse(text, &e), 0);
	return ehlo_meets(&ehlo, &e);
}

START_TEST(words_of_the_reply_are_offered_and_no_others)
{
	take(postfix);
	ck_assert_uint_eq(ehlo.lines, 11);
	ck_assert(!ehlo.cut);
	ck_assert(ehlo_offers(&ehlo, "STARTTLS"));
	ck_assert(ehlo_offers(&ehlo, "chunking"));
	ck_assert(!ehlo_offers(&ehlo, "START"));
	ck_assert(!ehlo_offers(&ehlo, "SMTPUTF8"));
	/* The first line is the host's name. */
	ck_assert(!ehlo_offers(&ehlo, "mta1"));
}
END_TEST

START_TEST(expectations_are_met_by_keyword_parameter_and_number)
{
	take(postfix);
	ck_assert(meets("SIZE"));
	ck_assert(meets("SIZE>=10240000"));
	ck_assert(!meets("SIZE>=10240001"));
	ck_assert(meets("AUTH LOGIN"));
	ck_assert(meets("auth plain"));
	ck_assert(!meets("AUTH CRAM-MD5"));
	ck_assert(!meets("AUTH PLAI"));
	/* A word without a number has no limit. */
	ck_assert(meets("CHUNKING>=1"));
}
END_TEST

START_TEST(a_size_of_none_or_zero_is_no_limit)
{
	static const char *const none[] = {"a", "SIZE", NULL};
	static const char *const zero[] = {"a", "SIZE 0", NULL};
	static const char *const huge[] = {
		"a", "SIZE 99999999999999999999999999", NULL};
	static const char *const odd[] = {"a", "SIZE ten", "SIZE 1x", NULL};

	take(none);
	ck_assert(meets("SIZE>=35000000"));
	take(zero);
	ck_assert(meets("SIZE>=35000000"));
	take(huge);
	ck_assert(meets("SIZE>=35000000"));
	take(odd);
	ck_assert(!meets("SIZE>=1"));
}
END_TEST

START_TEST(the_mark_is_of_all_words_in_whatever_order)
{
	static const char *const turned[] = {"b", "SIZE 1", "DSN", NULL};
	static const char *const plain[] = {"a", "DSN", "SIZE 1", NULL};
	static const char *const other[] = {"a", "DSN", "SIZE 2", NULL};

	take(plain);
	const uint64_t mark = ehlo.mark;
	take(turned);
	ck_assert_uint_eq(ehlo.mark, mark);
	take(other);
	ck_assert_uint_ne(ehlo.mark, mark);
}
END_TEST

START_TEST(a_long_reply_is_cut_and_marked_whole)
{
	char line[256];

	take(postfix);
	const struct ehlo before = ehlo;
	memset(line, 'X', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		ehlo_add(&ehlo, line);
	ck_assert(ehlo.cut);
	ck_assert_uint_lt(ehlo.bytes, EHLO_WORDS_MAX);
	ck_assert_uint_eq(strlen(ehlo.words), ehlo.bytes);
	ck_assert_uint_ne(ehlo.mark, before.mark);
	/* A short word still fits, and others have not moved. */
	ck_assert(ehlo_offers(&ehlo, "STARTTLS"));
	const uint64_t mark = ehlo.mark;
	ehlo_add(&ehlo, line);
	ck_assert_uint_ne(ehlo.mark, mark);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ehlo");
	TCase *t = tcase_create("ehlo");

	tcase_add_test(t, words_of_the_reply_are_offered_and_no_others);
	tcase_add_test(t, expectations_are_met_by_keyword_parameter_and_number);
	tcase_add_test(t, a_size_of_none_or_zero_is_no_limit);
	tcase_add_test(t, the_mark_is_of_all_words_in_whatever_order);
	tcase_add_test(t, a_long_reply_is_cut_and_marked_whole);
	suite_add_tcase(s, t);
	return s;
}
