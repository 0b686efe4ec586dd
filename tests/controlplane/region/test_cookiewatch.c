/* SPDX-License-Identifier: BSD-3-Clause */
/* A service whose workers turn SYN cookies on is reported once, and once more
 * when the last worker has turned them off.
 * Method: a region by hand, read by a made-up clock, and the lines it gives. */
#include <stdlib.h>
#include <string.h>

#include "cookiewatch.h"
#include "keptlog.h"
#include "runner.h"
#include "traffic.h"

static struct mx_region *region;
static struct cookiewatch watch;

static void
setup(void)
{
	region = aligned_alloc(64, sizeof(*region));
	memset(region, 0, sizeof(*region));
	region->header.workers = 2;
	memset(&watch, 0, sizeof(watch));
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
	free(region);
}

static const char *
name_of(void *arg, uint16_t id)
{
	(void)arg;
	return id == 3 ? "inbound" : NULL;
}

/* The lines of one look. */
static const char *
look(int64_t now_s)
{
	keptlog_forget();
	cookiewatch_look(&watch, region, name_of, NULL, now_s);
	return keptlog_text();
}

START_TEST(a_flood_begins_and_ends_once)
{
	struct mx_worker_count *worker = region->worker;

	worker[0].synacks = 50;
	ck_assert_str_eq(look(10), "");
	worker[1].cookies_until_s[3] = 41;
	worker[1].service[3].attempts = 1030;
	worker[1].service[3].opened = 5;
	worker[1].synacks = 200;
	ck_assert_str_eq(look(11),
			 "warn service inbound has SYN cookies on at 1 of 2 "
			 "workers: 1230 SYNs in the last second, 1025 "
			 "handshakes half-open\n");
	worker[0].cookies_until_s[3] = 43;
	worker[0].synacks = 1050;
	ck_assert_uint_eq(traffic_cookies_on(region, 3, 12), 2);
	ck_assert_uint_eq(traffic_worker_cookies_on(region, 1, 12), 1);
	ck_assert_str_eq(look(12), "");
	ck_assert_uint_eq(traffic_cookies_on(region, 3, 41), 1);
	ck_assert_str_eq(look(42), "");
	ck_assert_str_eq(look(43), "info service inbound has SYN cookies off "
				   "after 32 s; mxsteer has answered 1200 SYNs "
				   "by cookies\n");
	ck_assert_str_eq(look(44), "");
}
END_TEST

START_TEST(a_service_without_a_name_is_not_reported)
{
	region->worker[0].cookies_until_s[2] = 41;
	ck_assert_str_eq(look(11), "");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("cookiewatch");
	TCase *t = tcase_create("cookiewatch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_flood_begins_and_ends_once);
	tcase_add_test(t, a_service_without_a_name_is_not_reported);
	suite_add_tcase(s, t);
	return s;
}
