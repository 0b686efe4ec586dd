/* SPDX-License-Identifier: BSD-3-Clause */
/* What a probe's result means for a backend, and the log lines it gives.
 * Method: results by hand, one after the other, and the lines they give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keptlog.h"
#include "runner.h"
#include "verdict.h"

static struct backend backend;
static const struct health_policy policy = {.passes_to_rise = 1,
					    .fails_to_fall = 2};

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

/* The lines of one result. */
static const char *
take(enum reason reason, const char *text, bool full)
{
	struct probe_result result = {
		.passed = reason_kind(reason) == REASON_PASSES,
		.counts = reason_kind(reason) != REASON_SAYS_NOTHING,
		.reason = reason,
		.total_ms = 12,
	};

	snprintf(result.text, sizeof(result.text), "%s", text);
	keptlog_forget();
	verdict_take(&backend, &policy, &result, full);
	return keptlog_text();
}

START_TEST(a_backend_down_from_the_start_is_told_once)
{
	ck_assert_str_eq(take(REASON_CONNECT_REFUSED, "Connection refused", 0),
			 "warn backend mx/mta1 is down, no server listens on "
			 "that port: Connection refused, 12 ms\n");
	for (int i = 0; i < 100; i++)
		ck_assert_str_eq(take(REASON_CONNECT_REFUSED, "", 0), "");
}
END_TEST

START_TEST(a_new_reason_is_told_once_too_and_anew_after_a_pass)
{
	take(REASON_CONNECT_REFUSED, "", 0);
	ck_assert_str_eq(take(REASON_BANNER_TIMEOUT, "", 0),
			 "warn backend mx/mta1 is down, timeout waiting for "
			 "the banner, 12 ms\n");
	/* In turns they are no news. */
	ck_assert_str_eq(take(REASON_CONNECT_REFUSED, "", 0), "");
	ck_assert_str_eq(take(REASON_BANNER_TIMEOUT, "", 0), "");
	ck_assert_str_eq(take(REASON_OK, "250 hi", 0),
			 "info backend mx/mta1 down -> up, ok: 250 hi, 12 "
			 "ms\n");
	ck_assert_str_eq(take(REASON_OK, "250 hi", 0), "");
	ck_assert_str_eq(take(REASON_BANNER_TIMEOUT, "", 0),
			 "warn backend mx/mta1 up -> falling, timeout waiting "
			 "for the banner, 12 ms\n");
	ck_assert_str_eq(take(REASON_BANNER_TIMEOUT, "", 0),
			 "warn backend mx/mta1 falling -> down, timeout "
			 "waiting for the banner, 12 ms\n");
	ck_assert_str_eq(take(REASON_BANNER_TIMEOUT, "", 0), "");
}
END_TEST

START_TEST(a_fault_of_this_host_is_told_once_and_changes_nothing)
{
	take(REASON_OK, "", 0);
	ck_assert_str_eq(take(REASON_LOCAL_FAULT, "Too many open files", 0),
			 "warn backend mx/mta1 stays up, its checks do not "
			 "count, this host could not open a connection: Too "
			 "many open files, 12 ms\n");
	for (int i = 0; i < 100; i++)
		ck_assert_str_eq(take(REASON_LOCAL_FAULT, "", 0), "");
	ck_assert_int_eq(backend.health.state, HEALTH_UP);
	ck_assert_int_eq(backend.check.reason, REASON_LOCAL_FAULT);
	ck_assert_str_eq(take(REASON_OK, "", 0),
			 "info backend mx/mta1 is up, its checks count again, "
			 "ok, 12 ms\n");
	ck_assert_str_eq(take(REASON_OK, "", 0), "");
	ck_assert_str_ne(take(REASON_LOCAL_FAULT, "", 0), "");
}
END_TEST

START_TEST(a_backend_full_of_our_sessions_does_not_fail)
{
	static const enum reason excused[] = {
		REASON_CONNECT_TIMEOUT, REASON_BANNER_LATER,
		REASON_BANNER_CLOSED,   REASON_BANNER_RESET,
		REASON_BANNER_TIMEOUT,
	};

	char wanted[256];

	take(REASON_OK, "", 0);
	snprintf(wanted, sizeof(wanted),
		 "warn backend mx/mta1 stays up, its checks do not count, "
		 "mxsteer's own sessions use all of its connections-max: %s, "
		 "12 ms\n",
		 reason_text(excused[_i]));
	ck_assert_str_eq(take(excused[_i], "whatever it said", true), wanted);
	for (int i = 0; i < 100; i++)
		ck_assert_str_eq(take(excused[_i], "", true), "");
	ck_assert_int_eq(backend.health.state, HEALTH_UP);
	ck_assert_int_eq(backend.check.reason, REASON_FULL);
	ck_assert_str_eq(backend.check.reply, reason_text(excused[_i]));
	/* With a place free, the same counts. */
	take(excused[_i], "", false);
	take(excused[_i], "", false);
	ck_assert_int_eq(backend.health.state, HEALTH_DOWN);
}
END_TEST

START_TEST(what_has_nothing_to_do_with_room_counts_in_a_full_backend)
{
	take(REASON_OK, "", 0);
	take(REASON_BANNER_REFUSED, "554 no", true);
	take(REASON_CONNECT_NO_ROUTE, "", true);
	ck_assert_int_eq(backend.health.state, HEALTH_DOWN);
	take(REASON_OK, "", true);
	take(REASON_CONNECT_REFUSED, "", true);
	take(REASON_CONNECT_REFUSED, "", true);
	ck_assert_int_eq(backend.health.state, HEALTH_DOWN);
	take(REASON_OK, "", true);
	ck_assert_int_eq(backend.health.state, HEALTH_UP);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = tcase_create("verdict");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_backend_down_from_the_start_is_told_once);
	tcase_add_test(t, a_new_reason_is_told_once_too_and_anew_after_a_pass);
	tcase_add_test(t,
		       a_fault_of_this_host_is_told_once_and_changes_nothing);
	tcase_add_loop_test(t, a_backend_full_of_our_sessions_does_not_fail, 0,
			    5);
	tcase_add_test(
		t, what_has_nothing_to_do_with_room_counts_in_a_full_backend);
	suite_add_tcase(s, t);
	return s;
}
