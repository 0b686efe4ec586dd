/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates that end soon are told of, once for each mark, however an MTA
 * changes its certificates.
 * Method: certificates by hand, a wall clock by hand, and the lines of the log.
 */
#include <stdio.h>
#include <string.h>

#include "certwatch.h"
#include "keptlog.h"
#include "runner.h"

#define NOW_S 1790000000
#define DAY_S 86400

static struct backend backend;

static void
setup(void)
{
	backend = (struct backend){.used = true, .pool = "mx", .name = "mta1"};
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
}

/* The lines of a look, `at` days from the begin, at a certificate that then has
 * so many days left of a life of so many. */
static const char *
look(double at, int days_left, int life)
{
	struct certificate *c = &backend.profile.tls.certificate;
	const int64_t now_s = NOW_S + (int64_t)(at * DAY_S);

	c->known = true;
	strcpy(c->names, "mx.example.net");
	c->end_s = now_s + days_left * DAY_S;
	c->begin_s = c->end_s - life * DAY_S;
	keptlog_forget();
	certwatch_look(&backend, now_s);
	return keptlog_text();
}

static bool
is_told(double at, int days_left)
{
	return look(at, days_left, 365)[0] != '\0';
}

START_TEST(each_mark_is_told_once)
{
	static const struct {
		int days;
		const char *told; /* "": nothing */
	} steps[] = {
		{31, ""},
		{30, "warn backend mx/mta1 has a certificate of mx.example.net "
		     "that ends in 30 days\n"},
		{29, ""},
		{15, ""},
		{14, "warn backend mx/mta1 has a certificate of mx.example.net "
		     "that ends in 14 days\n"},
		{6, "warn backend mx/mta1 has a certificate of mx.example.net "
		    "that ends in 6 days\n"},
		{2, ""},
		{1, "error backend mx/mta1 has a certificate of mx.example.net "
		    "that ends in 1 day\n"},
		{0, ""},
		{-1, ""},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (int again = 0; again < 3; again++)
			ck_assert_str_eq(
				look(100 - steps[i].days, steps[i].days, 365),
				again == 0 ? steps[i].told : "");
}
END_TEST

/* Two hosts behind one address. */
START_TEST(two_certificates_in_turns_are_told_once)
{
	int told = 0;

	for (int i = 0; i < 10000; i++)
		told += is_told(i / 100000.0, i % 3 == 0 ? 5 : 90);
	ck_assert_int_eq(told, 1);
	told = 0;
	for (int i = 0; i < 10000; i++)
		told += is_told(0.1 + i / 100000.0, i % 2 == 0 ? 1 : 12);
	ck_assert_int_eq(told, 1);
}
END_TEST

START_TEST(a_renewed_certificate_has_its_own_marks)
{
	ck_assert(is_told(0, 1));
	ck_assert(!is_told(0.5, 90));
	ck_assert(!is_told(1.6, 90)); /* none has ended soon for a day */
	ck_assert(is_told(1.7, 30));
	ck_assert(is_told(1.8, 5));
	/* One of a longer life, and the clock goes on. */
	ck_assert(!is_told(2, 20));
	ck_assert(!is_told(3, 20));
	ck_assert(is_told(9, 14));
}
END_TEST

START_TEST(a_clock_that_jumps_hides_no_end)
{
	ck_assert(!is_told(0, 60));
	ck_assert(is_told(59, 1));
	/* It is set back, and comes to that day again. */
	ck_assert(!is_told(0.1, 60));
	ck_assert(is_told(30, 30));
	ck_assert(is_told(59, 1));
}
END_TEST

/* As those of six days, which are renewed each few days: no event each time. */
START_TEST(only_the_last_third_of_a_life_is_soon)
{
	ck_assert_str_eq(look(0, 6, 6), "");
	ck_assert_str_eq(look(3, 3, 6), "");
	ck_assert_str_ne(look(4, 2, 6), "");
	ck_assert_str_eq(look(59, 31, 90), "");
	ck_assert_str_ne(look(60, 30, 90), "");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("certwatch");
	TCase *t = tcase_create("certwatch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_mark_is_told_once);
	tcase_add_test(t, two_certificates_in_turns_are_told_once);
	tcase_add_test(t, a_renewed_certificate_has_its_own_marks);
	tcase_add_test(t, a_clock_that_jumps_hides_no_end);
	tcase_add_test(t, only_the_last_third_of_a_life_is_soon);
	suite_add_tcase(s, t);
	return s;
}
