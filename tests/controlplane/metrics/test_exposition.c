/* SPDX-License-Identifier: BSD-3-Clause */
/* The text format of Prometheus, byte by byte. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exposition.h"
#include "metrics.h"
#include "runner.h"

#define ACCEPT "MXSTEER_ACCEPT"

static char *text;
static size_t size;
static FILE *out;

static void
setup(void)
{
	out = open_memstream(&text, &size);
}

static void
teardown(void)
{
	fclose(out);
	free(text);
}

static const char *
written(void)
{
	fflush(out);
	return text;
}

START_TEST(a_label_may_have_any_byte)
{
	exposition_label(out, 0, "a", "plain");
	exposition_label(out, 1, "b", "\"\\\n{},= \xc3\xa4");
	ck_assert_str_eq(written(),
			 "a=\"plain\",b=\"\\\"\\\\\\n{},= \xc3\xa4\"");
}
END_TEST

/* clang-format off */
static const struct {
	double value;
	const char *text;
} values[] = {
	{0, " 0\n"},
	{1, " 1\n"},
	{0.25, " 0.25\n"},
	{-1, " -1\n"},
	{1764367200, " 1764367200\n"},
	{9007199254740991.0, " 9007199254740991\n"},
	{1e18, " 1e+18\n"},
	{INFINITY, " inf\n"},
};
/* clang-format on */

START_TEST(whole_numbers_have_no_exponent)
{
	exposition_value(out, values[_i].value);
	ck_assert_str_eq(written(), values[_i].text);
}
END_TEST

/* METRICS.md has the table that the code has.  MXSTEER_ACCEPT=1 writes it. */
START_TEST(the_page_of_metrics_is_that_of_the_table)
{
	char file[65536] = "";

	fputs("# Metrics\n\nWhat `/metrics` of the control plane's HTTP server "
	      "tells Prometheus (key `http`).\n"
	      "Counters that the data plane counts begin at 0 when it starts.  "
	      "Without one there are none of them.\n"
	      "A scrape of 1,000 backends is 600 kB long, and takes 11 ms of a "
	      "core (`tests/lab/test_http.py 1000`).\n"
	      "All who ask within a second get the same text: however many "
	      "scrape, a check of an MTA waits for one text\n"
	      "a second at most.\n\n",
	      out);
	metrics_write_table(out);
	written();
	if (getenv(ACCEPT) != NULL) {
		FILE *to = fopen(METRICS_PAGE, "w");

		ck_assert_ptr_nonnull(to);
		fputs(text, to);
		fclose(to);
	}
	FILE *from = fopen(METRICS_PAGE, "r");
	ck_assert_ptr_nonnull(from);
	ck_assert_uint_lt(fread(file, 1, sizeof(file) - 1, from),
			  sizeof(file) - 1);
	fclose(from);
	ck_assert_msg(strcmp(file, text) == 0,
		      "%s is old: run this test with " ACCEPT "=1",
		      METRICS_PAGE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("exposition");
	TCase *t = tcase_create("exposition");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_label_may_have_any_byte);
	tcase_add_loop_test(t, whole_numbers_have_no_exponent, 0,
			    sizeof(values) / sizeof(values[0]));
	tcase_add_test(t, the_page_of_metrics_is_that_of_the_table);
	suite_add_tcase(s, t);
	return s;
}
