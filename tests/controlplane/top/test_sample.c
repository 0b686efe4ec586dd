/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates come of two answers of one data plane, and of counters that went on.
 * Method: answers that the test writes, and no control plane. */
#include <math.h>
#include <string.h>

#include "quantity.h"
#include "runner.h"
#include "sample.h"

static struct sample sample;

static void
teardown(void)
{
	sample_free(&sample);
}

/* An answer with one service. */
static json_t *
answer(int at_ms, int started_s, const char *name, int opened)
{
	return json_pack("{s:i s:i s:[{s:s s:i}] s:[] s:[] s:[]}", "at_ms",
			 at_ms, "started_s", started_s, "services", "name",
			 name, "opened", opened, "pools", "backends",
			 "workers");
}

static double
rate(void)
{
	return sample_rate(
		&sample, SAMPLE_SERVICES,
		json_array_get(sample_rows(&sample, SAMPLE_SERVICES), 0),
		"opened");
}

START_TEST(a_rate_is_known_from_the_second_answer_on)
{
	ck_assert(sample_take(&sample, answer(1000, 5, "in", 100)));
	ck_assert(isnan(rate()));
	ck_assert(isnan(sample_total_rate(&sample, SAMPLE_SERVICES, "opened")));
	ck_assert(sample_take(&sample, answer(3000, 5, "in", 130)));
	ck_assert_double_eq(rate(), 15);
	ck_assert_double_eq(
		sample_total_rate(&sample, SAMPLE_SERVICES, "opened"), 15);
	ck_assert(sample_take(&sample, answer(3500, 5, "in", 130)));
	ck_assert_double_eq(rate(), 0);
}
END_TEST

START_TEST(no_rate_is_made_of_counters_that_began_anew)
{
	sample_take(&sample, answer(1000, 5, "in", 100));
	sample_take(&sample, answer(2000, 6, "in", 130)); /* restarted */
	ck_assert(isnan(rate()));
	sample_take(&sample, answer(3000, 6, "in", 140));
	ck_assert_double_eq(rate(), 10);
	sample_take(&sample, answer(4000, 6, "in", 20)); /* went back */
	ck_assert(isnan(rate()));
	sample_take(&sample, answer(5000, 6, "out", 30)); /* is new */
	ck_assert(isnan(rate()));
	sample_take(&sample, answer(4000, 6, "out", 31)); /* so is time */
	ck_assert(isnan(rate()));
}
END_TEST

START_TEST(an_answer_that_comes_at_once_does_not_shorten_the_time)
{
	sample_take(&sample, answer(1000, 5, "in", 100));
	sample_take(&sample, answer(2000, 5, "in", 110));
	sample_take(&sample, answer(2100, 5, "in", 121));
	ck_assert_double_eq_tol(rate(), 21 / 1.1, 1e-9);
	sample_take(&sample, answer(3100, 5, "in", 131));
	ck_assert_double_eq_tol(rate(), 10, 1e-9);
}
END_TEST

START_TEST(an_answer_that_comes_twice_changes_no_rate)
{
	sample_take(&sample, answer(1000, 5, "in", 100));
	sample_take(&sample, answer(1000, 5, "in", 100));
	ck_assert(isnan(rate()));
	sample_take(&sample, answer(2000, 5, "in", 110));
	sample_take(&sample, answer(2000, 5, "in", 110));
	ck_assert_double_eq_tol(rate(), 10, 1e-9);
}
END_TEST

START_TEST(what_is_no_answer_changes_nothing)
{
	sample_take(&sample, answer(1000, 5, "in", 100));
	sample_take(&sample, answer(2000, 5, "in", 110));
	ck_assert(!sample_take(&sample, NULL));
	ck_assert(!sample_take(&sample, json_pack("{s:s}", "error", "no")));
	ck_assert(!sample_take(&sample, json_pack("[]")));
	ck_assert_double_eq(rate(), 10);
}
END_TEST

static const char *
rate_text(double value)
{
	static char text[QUANTITY_MAX];

	return quantity_rate(value, text);
}

static const char *
count_text(double value)
{
	static char text[QUANTITY_MAX];

	return quantity_count(value, text);
}

START_TEST(numbers_are_short)
{
	ck_assert_str_eq(rate_text(NAN), "-");
	ck_assert_str_eq(rate_text(0), "0");
	ck_assert_str_eq(rate_text(0.04), "0");
	ck_assert_str_eq(rate_text(0.4), "0.4");
	ck_assert_str_eq(rate_text(9.96), "10");
	ck_assert_str_eq(rate_text(999.4), "999");
	ck_assert_str_eq(rate_text(999.6), "1.0k");
	ck_assert_str_eq(rate_text(34567), "35k");
	ck_assert_str_eq(rate_text(999600), "1.0M");
	ck_assert_str_eq(rate_text(1e30), "999E");
	ck_assert_str_eq(count_text(99999), "99999");
	ck_assert_str_eq(count_text(100000), "100k");
	ck_assert_str_eq(count_text(NAN), "-");
}
END_TEST

START_TEST(a_line_has_a_bar_for_each_of_the_last_values)
{
	const double values[] = {9, NAN, 0, 4, 8};
	char text[3 * 8 + 1];

	quantity_line(values, 5, 4, text);
	ck_assert_str_eq(text, " \u2581\u2584\u2588");
	quantity_line(values + 1, 2, 8, text);
	ck_assert_str_eq(text, " \u2581");
	quantity_line(values, 0, 8, text);
	ck_assert_str_eq(text, "");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sample");
	TCase *t = tcase_create("sample");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, a_rate_is_known_from_the_second_answer_on);
	tcase_add_test(t, no_rate_is_made_of_counters_that_began_anew);
	tcase_add_test(t,
		       an_answer_that_comes_at_once_does_not_shorten_the_time);
	tcase_add_test(t, an_answer_that_comes_twice_changes_no_rate);
	tcase_add_test(t, what_is_no_answer_changes_nothing);
	tcase_add_test(t, numbers_are_short);
	tcase_add_test(t, a_line_has_a_bar_for_each_of_the_last_values);
	suite_add_tcase(s, t);
	return s;
}
