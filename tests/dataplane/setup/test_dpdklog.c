/* SPDX-License-Identifier: BSD-3-Clause */
/* What DPDK says becomes lines of the log, one for each of its lines.
 * Method: rte_log() of DPDK itself; the log's lines are kept instead of
 * written. */
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "dpdklog.h"
#include "keptlog.h"
#include "runner.h"

static void
setup(void)
{
	keptlog_begin();
	dpdklog_begin();
}

static void
teardown(void)
{
	keptlog_end();
}

START_TEST(an_error_of_dpdk_is_a_warning)
{
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "no %s\n", "pages");
	rte_log(RTE_LOG_WARNING, RTE_LOGTYPE_USER1, "few pages\n");
	rte_log(RTE_LOG_NOTICE, RTE_LOGTYPE_USER1, "pages\n");
	ck_assert_str_eq(keptlog_text(), "warn DPDK: no pages\n"
					 "warn DPDK: few pages\n"
					 "info DPDK: pages\n");
}
END_TEST

START_TEST(what_ends_the_process_is_an_error)
{
	rte_log(RTE_LOG_CRIT, RTE_LOGTYPE_USER1, "PANIC\n");
	ck_assert_str_eq(keptlog_text(), "error DPDK: PANIC\n");
}
END_TEST

START_TEST(a_message_of_two_lines_is_two_lines_of_the_log)
{
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "one\n\ntwo");
	ck_assert_str_eq(keptlog_text(), "warn DPDK: one\nwarn DPDK: two\n");
}
END_TEST

/* The message of net_tap where the kernel has no multiq. */
START_TEST(a_line_that_asks_for_nothing_is_left_out)
{
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1,
		"eth_dev_tap_create():  Disabling rte flow support: No such "
		"file or directory(2)\nno flow\n");
	ck_assert_str_eq(keptlog_text(), "warn DPDK: no flow\n");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("dpdklog");
	TCase *t = tcase_create("dpdklog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_error_of_dpdk_is_a_warning);
	tcase_add_test(t, what_ends_the_process_is_an_error);
	tcase_add_test(t, a_message_of_two_lines_is_two_lines_of_the_log);
	tcase_add_test(t, a_line_that_asks_for_nothing_is_left_out);
	suite_add_tcase(s, t);
	return s;
}
