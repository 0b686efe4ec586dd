/* SPDX-License-Identifier: BSD-3-Clause */
/* Which MTAs of a pool differ, and what is said of them.
 * Method: pools by hand; and pools of one keyword at random, whose majority a
 * plain count finds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alike.h"
#include "runner.h"

#define MEMBERS 5

static struct alike alike;
static struct alike_member member[256];
static struct ehlo ehlo[256], ehlo_tls[256];
static char name[256][8];

/* lines: keywords with a comma between them; NULL: never asked. */
static void
set_ehlo(struct ehlo *one, const char *lines)
{
	char copy[EHLO_WORDS_MAX], *left;

	ehlo_clear(one);
	if (lines == NULL)
		return;
	ehlo_add(one, "mx.example.net greets");
	snprintf(copy, sizeof(copy), "%s", lines);
	for (char *line = strtok_r(copy, ",", &left); line != NULL;
	     line = strtok_r(NULL, ",", &left))
		ehlo_add(one, line);
}

static void
setup(void)
{
	memset(member, 0, sizeof(member));
	for (int i = 0; i < 256; i++) {
		snprintf(name[i], sizeof(name[i]), "mta%d", i + 1);
		set_ehlo(&ehlo[i], "PIPELINING,SIZE 100,STARTTLS,8BITMIME");
		set_ehlo(&ehlo_tls[i], NULL);
		member[i] = (struct alike_member){.name = name[i],
						  .ehlo = &ehlo[i],
						  .ehlo_tls = &ehlo_tls[i]};
	}
}

static void
compare(uint16_t count)
{
	alike_compare(&alike, member, count);
}

/* The only difference. */
static const char *
difference(void)
{
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 1);
	return alike.text[0];
}

START_TEST(those_that_say_the_same_are_alike)
{
	set_ehlo(&ehlo[1], "8bitmime,STARTTLS,PIPELINING,SIZE 100");
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 0);
	ck_assert_uint_eq(alike.compared, MEMBERS);
	set_ehlo(&ehlo[0], "AUTH PLAIN LOGIN");
	set_ehlo(&ehlo[1], "AUTH LOGIN PLAIN");
	compare(2);
	ck_assert_uint_eq(alike.count, 0);
	compare(1);
	ck_assert_uint_eq(alike.count, 0);
	compare(0);
	ck_assert_uint_eq(alike.count, 0);
}
END_TEST

START_TEST(the_one_that_lacks_a_keyword_is_named)
{
	set_ehlo(&ehlo[2], "PIPELINING,SIZE 100,8BITMIME");
	ck_assert_str_eq(difference(), "STARTTLS: mta3 does not offer it; "
				       "most: offers it");
}
END_TEST

START_TEST(so_is_the_one_that_offers_more)
{
	set_ehlo(&ehlo[2],
		 "PIPELINING,SIZE 100,STARTTLS,8BITMIME,XCLIENT NAME");
	ck_assert_str_eq(difference(), "XCLIENT: mta3 says NAME; most: does "
				       "not offer it");
}
END_TEST

START_TEST(a_smaller_size_is_told_with_both_values)
{
	set_ehlo(&ehlo[0], "PIPELINING,SIZE 50,STARTTLS,8BITMIME");
	set_ehlo(&ehlo[1], "PIPELINING,SIZE 50,STARTTLS,8BITMIME");
	ck_assert_str_eq(difference(), "SIZE: mta1, mta2 says 50; most: says "
				       "100");
}
END_TEST

START_TEST(without_a_majority_the_groups_are_listed)
{
	set_ehlo(&ehlo[0], "SIZE 50");
	set_ehlo(&ehlo[1], "SIZE 100");
	compare(2);
	ck_assert_uint_eq(alike.count, 1);
	ck_assert_str_eq(alike.text[0], "SIZE: mta1 says 50, mta2 says 100");
}
END_TEST

START_TEST(what_is_not_known_is_not_compared)
{
	set_ehlo(&ehlo[1], NULL);
	member[2].ehlo = NULL;
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 0);
	ck_assert_uint_eq(alike.compared, MEMBERS - 2);
	/* Words that were cut may be anything. */
	ehlo[3].cut = true;
	set_ehlo(&ehlo[4], "PIPELINING,SIZE 100,STARTTLS,8BITMIME");
	ehlo[3].words[0] = '\0';
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 0);
}
END_TEST

START_TEST(own_names_may_all_differ_but_not_one_of_many)
{
	static const char *const own[] = {"a", "b", "c", "d", "e"};

	for (int i = 0; i < MEMBERS; i++) {
		member[i].host = own[i];
		member[i].certificate_names = own[i];
		member[i].certificate_end_s = 1800000000 + i;
	}
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 0);
	for (int i = 0; i < MEMBERS; i++)
		member[i].host = "mx.example.net";
	member[4].host = "localhost";
	ck_assert_str_eq(difference(), "host of the greeting: mta5 says "
				       "localhost; most: says mx.example.net");
	member[4].host = "mx.example.net";
	for (int i = 0; i < MEMBERS; i++)
		member[i].certificate_end_s = 1800000000;
	member[1].certificate_end_s = 1700000000;
	ck_assert_str_eq(difference(),
			 "certificate ends: mta2 says 2023-11-14 22:13:20 UTC; "
			 "most: says 2027-01-15 08:00:00 UTC");
}
END_TEST

START_TEST(tls_is_compared_among_those_that_have_it)
{
	for (int i = 0; i < 3; i++) {
		set_ehlo(&ehlo_tls[i], "AUTH PLAIN");
		member[i].tls_version = "TLSv1.3";
	}
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 0);
	member[2].tls_version = "TLSv1.2";
	ck_assert_str_eq(difference(),
			 "TLS version: mta3 says TLSv1.2; most: says TLSv1.3");
	member[2].tls_version = "TLSv1.3";
	set_ehlo(&ehlo_tls[1], "SIZE 1");
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, 2);
	ck_assert_str_eq(alike.text[0], "in TLS AUTH: mta2 does not offer it; "
					"most: says PLAIN");
}
END_TEST

START_TEST(many_names_and_many_differences_are_cut_and_counted)
{
	char words[EHLO_WORDS_MAX] = "";

	for (int i = 0; i < 100; i++)
		set_ehlo(&ehlo[i], "SIZE 1");
	compare(256);
	ck_assert_uint_eq(alike.count, 4);
	ck_assert_ptr_nonnull(
		strstr(alike.text[0], "mta1, mta2, mta3, mta4 and 96 more"));
	setup();
	for (int i = 0; i < 100; i++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words),
			 "X%d,", i);
	set_ehlo(&ehlo[0], words);
	compare(MEMBERS);
	ck_assert_uint_eq(alike.count, ALIKE_DIFFERENCES_MAX);
	ck_assert_uint_gt(alike.more, 10);
	ck_assert_uint_le(alike.more, 64);
}
END_TEST

/* By the definition: is there a value of more than half, and who has another? */
START_TEST(the_majority_is_right)
{
	static const char *const sizes[] = {"SIZE 1", "SIZE 2", "SIZE 3"};
	uint32_t majorities = 0, groups = 0;

	srand(20261128);
	for (int round = 0; round < 5000; round++) {
		const uint16_t count = (uint16_t)(1 + rand() % 9);
		int said[9], of[3] = {0};
		char part[16];

		for (int i = 0; i < count; i++) {
			said[i] = rand() % 10 < 7 ? 0 : rand() % 3;
			of[said[i]]++;
			set_ehlo(&ehlo[i], sizes[said[i]]);
		}
		compare(count);
		const int most = of[0] * 2 > count   ? 0
				 : of[1] * 2 > count ? 1
				 : of[2] * 2 > count ? 2
						     : -1;
		if (most >= 0 && of[most] == count) {
			ck_assert_uint_eq(alike.count, 0);
			continue;
		}
		ck_assert_uint_eq(alike.count, 1);
		ck_assert((strstr(alike.text[0], "; most: ") != NULL) ==
			  (most >= 0));
		majorities += most >= 0;
		groups += most < 0;
		for (int i = 0; i < count && of[said[i]] <= 4; i++) {
			snprintf(part, sizeof(part), "mta%d", i + 1);
			ck_assert((strstr(alike.text[0], part) != NULL) ==
				  (said[i] != most));
		}
	}
	ck_assert_uint_gt(majorities, 100);
	ck_assert_uint_gt(groups, 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("alike");
	TCase *t = tcase_create("alike");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, those_that_say_the_same_are_alike);
	tcase_add_test(t, the_one_that_lacks_a_keyword_is_named);
	tcase_add_test(t, so_is_the_one_that_offers_more);
	tcase_add_test(t, a_smaller_size_is_told_with_both_values);
	tcase_add_test(t, without_a_majority_the_groups_are_listed);
	tcase_add_test(t, what_is_not_known_is_not_compared);
	tcase_add_test(t, own_names_may_all_differ_but_not_one_of_many);
	tcase_add_test(t, tls_is_compared_among_those_that_have_it);
	tcase_add_test(t, many_names_and_many_differences_are_cut_and_counted);
	tcase_add_test(t, the_majority_is_right);
	suite_add_tcase(s, t);
	return s;
}
