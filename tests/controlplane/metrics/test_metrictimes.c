/* SPDX-License-Identifier: BSD-3-Clause */
/* Histograms of times: how long sessions waited for the banner, and how long the
 * phases of checks took.
 * Method: as test_metrics.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "scraped.h"
#include "serving.h"
#include "webclient.h"

static void
setup(void)
{
	webclient_start(&plane, "");
}

START_TEST(waits_for_the_banner_are_a_histogram)
{
	struct mx_timing *timing = plane.region->worker[1].timing;

	timing[1].wait[0] = 5;  /* under 512 us */
	timing[1].wait[2] = 2;  /* under 2048 us */
	timing[2].wait[15] = 1; /* longer than all others */
	timing[1].wait_us = 1500000;
	timing[2].wait_us = 500000;
	scraped_expect("mxsteer_time_to_banner_seconds_bucket{pool=\"mx\","
		       "le=\"0.000512\"}",
		       5);
	scraped_expect("mxsteer_time_to_banner_seconds_bucket{pool=\"mx\","
		       "le=\"0.002048\"}",
		       7);
	scraped_expect(
		"mxsteer_time_to_banner_seconds_bucket{pool=\"mx\",le=\"+Inf\"}",
		8);
	scraped_expect("mxsteer_time_to_banner_seconds_sum{pool=\"mx\"}", 2);
	scraped_expect("mxsteer_time_to_banner_seconds_count{pool=\"mx\"}", 8);
}
END_TEST

/* A check that took so long until the banner, and half as long for EHLO. */
static void
check_took(const char *address, double ms)
{
	const struct mta_profile profile = {
		.at_s = 1,
		.phase = {[SMTP_BANNER] = {.at_s = 1, .ms = ms},
			  [SMTP_EHLO] = {.at_s = 1, .ms = ms / 2}}};

	fakeprobe_found(address, REASON_OK, &profile);
}

/* Put two pools in force, in this order: each has one of the two MTAs. */
static void
apply_pools(const char *first, const char *its_mta, const char *second,
	    const char *other_mta)
{
	char rest[1024];
	char line[160];

	snprintf(rest, sizeof(rest),
		 "http: {listen: \"%s\"}\n"
		 "services:\n"
		 "  - {name: x, listen: [\"198.51.100.25:25\"], pool: %s, "
		 "snat: [\"10.0.2.100\"], client-address: hidden}\n"
		 "  - {name: y, listen: [\"198.51.100.26:25\"], pool: %s, "
		 "snat: [\"10.0.2.100\"], client-address: hidden}\n"
		 "pools:\n"
		 "  - name: %s\n"
		 "    backends: [{name: a, address: \"192.0.2.%s:25\"}]\n"
		 "  - name: %s\n"
		 "    backends: [{name: a, address: \"192.0.2.%s:25\"}]\n",
		 webclient_address(), first, second, first, its_mta, second,
		 other_mta);
	plane_write_rest(&plane, "pools.yaml", rest);
	snprintf(line, sizeof(line), "config apply %s/pools.yaml",
		 plane.folder);
	plane_expect(&plane, line, true, "");
}

#define CHECKS_OF(pool, phase)                                                 \
	"mxsteer_probe_duration_seconds_count{pool=\"" pool                    \
	"\",phase=\"" phase "\"}"

START_TEST(phases_of_checks_are_a_histogram)
{
	check_took("192.0.2.11:25", 1);
	check_took("192.0.2.12:25", 3);
	check_took("192.0.2.11:25", 60000);
	scraped_expect(
		"mxsteer_probe_duration_seconds_bucket{pool=\"mx\",phase="
		"\"banner\",le=\"0.000512\"}",
		0);
	scraped_expect(
		"mxsteer_probe_duration_seconds_bucket{pool=\"mx\",phase="
		"\"banner\",le=\"0.001024\"}",
		1);
	scraped_expect(
		"mxsteer_probe_duration_seconds_bucket{pool=\"mx\",phase="
		"\"ehlo\",le=\"0.002048\"}",
		2);
	scraped_expect(
		"mxsteer_probe_duration_seconds_bucket{pool=\"mx\",phase="
		"\"ehlo\",le=\"+Inf\"}",
		3);
	scraped_expect("mxsteer_probe_duration_seconds_sum{pool=\"mx\",phase="
		       "\"banner\"}",
		       60.004);
	scraped_expect(CHECKS_OF("mx", "banner"), 3);
	char *text = scraped_text();
	ck_assert_ptr_null(strstr(text, "phase=\"starttls\""));
	free(text);
}
END_TEST

/* The counters of a pool follow its name, and end with it. */
START_TEST(times_of_checks_stay_with_their_pool)
{
	apply_pools("one", "11", "two", "12");
	check_took("192.0.2.11:25", 1);
	check_took("192.0.2.12:25", 1);
	check_took("192.0.2.12:25", 1);
	scraped_expect(CHECKS_OF("one", "banner"), 1);
	scraped_expect(CHECKS_OF("two", "banner"), 2);
	apply_pools("two", "12", "one", "11");
	scraped_expect(CHECKS_OF("one", "banner"), 1);
	scraped_expect(CHECKS_OF("two", "banner"), 2);
	apply_pools("three", "11", "two", "12");
	check_took("192.0.2.11:25", 1);
	check_took("192.0.2.11:25", 1);
	check_took("192.0.2.11:25", 1);
	scraped_expect(CHECKS_OF("two", "banner"), 2);
	scraped_expect(CHECKS_OF("three", "banner"), 3);
	char *text = scraped_text();
	ck_assert_ptr_null(strstr(text, "pool=\"one\""));
	free(text);
	apply_pools("one", "11", "two", "12");
	text = scraped_text();
	ck_assert_ptr_null(strstr(text, "_count{pool=\"one\",phase"));
	ck_assert_ptr_null(strstr(text, "pool=\"three\""));
	free(text);
	scraped_expect(CHECKS_OF("two", "banner"), 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("metrictimes");
	TCase *t = tcase_create("metrictimes");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, waits_for_the_banner_are_a_histogram);
	tcase_add_test(t, phases_of_checks_are_a_histogram);
	tcase_add_test(t, times_of_checks_stay_with_their_pool);
	suite_add_tcase(s, t);
	return s;
}
