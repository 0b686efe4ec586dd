/* SPDX-License-Identifier: BSD-3-Clause */
/* Alarms: one line when a table fills up, one line when it has room again, and
 * none between.
 * Method: percentages and a region by hand, and the lines they give. */
#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "keptlog.h"
#include "runner.h"

static struct mx_region *region;
static struct alarms alarms;
static int64_t now_s;

static void
setup(void)
{
	region = aligned_alloc(64, sizeof(*region));
	memset(region, 0, sizeof(*region));
	region->header.workers = 2;
	region->header.sessions_max = 2000;
	memset(&alarms, 0, sizeof(alarms));
	now_s = 1000;
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
	free(region);
}

static void
set_snat(int slot, uint32_t ip, uint32_t percent)
{
	region->snat[slot].address = mx_addr_from4(htonl(ip));
	atomic_store(&region->snat[slot].fullest_percent, percent);
}

/* The lines of the looks of so many seconds. */
static const char *
look_for(int seconds)
{
	keptlog_forget();
	for (int i = 0; i < seconds; i++)
		alarms_look(&alarms, region, now_s++);
	return keptlog_text();
}

static const char *
look(void)
{
	return look_for(1);
}

START_TEST(a_line_has_to_be_crossed_both_ways)
{
	static const struct {
		int64_t now_s;
		uint32_t percent;
		enum alarm_news news;
	} steps[] = {
		{1, 0, ALARM_NO_NEWS},    {2, 80, ALARM_NO_NEWS},
		{3, 81, ALARM_FILLS},     {4, 99, ALARM_NO_NEWS},
		{90, 80, ALARM_NO_NEWS},  {180, 70, ALARM_NO_NEWS},
		{181, 81, ALARM_NO_NEWS}, {182, 69, ALARM_NO_NEWS},
		{240, 0, ALARM_NO_NEWS},  {241, 69, ALARM_EASES},
		{242, 0, ALARM_NO_NEWS},  {243, 79, ALARM_NO_NEWS},
		{244, 100, ALARM_FILLS},  {303, 0, ALARM_NO_NEWS},
		{304, 0, ALARM_EASES},
	};
	struct alarm alarm = {.high = false};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		ck_assert_int_eq(
			alarm_step(&alarm, steps[i].percent, steps[i].now_s),
			steps[i].news);
}
END_TEST

START_TEST(a_table_that_fills_and_empties_each_second_is_told_once)
{
	uint32_t news = 0;
	struct alarm alarm = {.high = false};

	for (int64_t s = 0; s < 3600; s++)
		news += alarm_step(&alarm, s % 2 == 0 ? 100 : 0, s) !=
			ALARM_NO_NEWS;
	ck_assert_uint_eq(news, 1);
}
END_TEST

START_TEST(each_snat_address_has_an_alarm_of_its_own)
{
	set_snat(0, 0x0a000264, 80);
	set_snat(5, 0x0a000265, 81);
	ck_assert_str_eq(look(),
			 "warn snat 10.0.2.101 has 81 % of its ports in "
			 "use; at 100 % new sessions need another address of "
			 "their service, or are refused: add snat "
			 "addresses\n");
	ck_assert_str_eq(look(), "");
	set_snat(0, 0x0a000264, 95);
	set_snat(5, 0x0a000265, 70);
	ck_assert_str_eq(look(),
			 "warn snat 10.0.2.100 has 95 % of its ports in "
			 "use; at 100 % new sessions need another address of "
			 "their service, or are refused: add snat "
			 "addresses\n");
	set_snat(5, 0x0a000265, 69);
	ck_assert_str_eq(look_for(ALARM_CALM_S - 1), "");
	ck_assert_str_eq(look(),
			 "info snat 10.0.2.101 has 69 % of its ports in use\n");
}
END_TEST

START_TEST(another_address_in_the_slot_starts_anew)
{
	set_snat(0, 0x0a000264, 90);
	ck_assert_str_ne(look(), "");
	set_snat(0, 0x0a000265, 60);
	ck_assert_str_eq(look(), ""); /* it never was full */
	set_snat(0, 0x0a000264, 90);
	ck_assert_str_ne(look(), "");
	/* A slot that was given up causes no line, whatever it still
	 * contains. */
	memset(&region->snat[0].address, 0, sizeof(struct mx_addr));
	ck_assert_str_eq(look(), "");
	set_snat(0, 0x0a000264, 90);
	ck_assert_str_ne(look(), "");
}
END_TEST

START_TEST(a_session_table_is_full_by_its_worker)
{
	region->worker[0].slots_used = 800;
	region->worker[1].slots_used = 810;
	ck_assert_str_eq(look(),
			 "warn worker 1 has 81 % of its session table in "
			 "use; new sessions will be refused at 100 %: "
			 "raise sessions-max\n");
	ck_assert_str_eq(look(), "");
	region->worker[1].slots_used = 699;
	ck_assert_str_eq(look_for(ALARM_CALM_S - 1), "");
	ck_assert_str_eq(
		look(), "info worker 1 has 69 % of its session table in use\n");
}
END_TEST

START_TEST(a_region_that_is_not_filled_in_yet_is_no_news)
{
	region->header.sessions_max = 0;
	region->worker[0].slots_used = 800;
	ck_assert_str_eq(look(), "");
	region->header.workers = 0;
	ck_assert_str_eq(look(), "");
	region->header.workers = 60000;
	region->header.sessions_max = 100;
	ck_assert_str_ne(look(), "");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("alarm");
	TCase *t = tcase_create("alarm");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_line_has_to_be_crossed_both_ways);
	tcase_add_test(t,
		       a_table_that_fills_and_empties_each_second_is_told_once);
	tcase_add_test(t, each_snat_address_has_an_alarm_of_its_own);
	tcase_add_test(t, another_address_in_the_slot_starts_anew);
	tcase_add_test(t, a_session_table_is_full_by_its_worker);
	tcase_add_test(t, a_region_that_is_not_filled_in_yet_is_no_news);
	suite_add_tcase(s, t);
	return s;
}
