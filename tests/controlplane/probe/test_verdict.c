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
static bool changed; /* by the last result */
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
		.verdict = reason_verdict(reason),
		.counts = reason_kind(reason) != REASON_SAYS_NOTHING,
		.reason = reason,
		.total_ms = 12,
	};

	snprintf(result.text, sizeof(result.text), "%s", text);
	keptlog_forget();
	changed = verdict_take(&backend, &policy, &result, full);
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
	if (excused[_i] == REASON_BANNER_LATER)
		ck_assert(backend.soft);
	else
		ck_assert_int_eq(backend.health.state, HEALTH_DOWN);
}
END_TEST

START_TEST(try_later_acts_at_once_ends_at_once_and_is_no_failure)
{
	take(REASON_OK, "", 0);
	ck_assert_str_eq(take(REASON_BANNER_LATER, "421 busy", 0),
			 "warn backend mx/mta1 up -> soft, banner says try "
			 "later (4xx): 421 busy, 12 ms\n");
	ck_assert(changed);
	for (int i = 0; i < 100; i++) {
		ck_assert_str_eq(take(REASON_BANNER_LATER, "421 busy", 0), "");
		ck_assert(!changed && backend.soft);
		ck_assert_int_eq(backend.health.state, HEALTH_UP);
	}
	ck_assert_str_eq(take(REASON_HELLO_LATER, "", 0),
			 "warn backend mx/mta1 is soft, EHLO or HELO answered "
			 "with try later (4xx), 12 ms\n");
	ck_assert_str_eq(take(REASON_OK, "", 0),
			 "info backend mx/mta1 soft -> up, ok, 12 ms\n");
	ck_assert(changed && !backend.soft);
}
END_TEST

START_TEST(a_soft_backend_that_fails_stays_soft_until_it_passes_or_is_down)
{
	take(REASON_OK, "", 0);
	take(REASON_BANNER_LATER, "", 0);
	take(REASON_CONNECT_REFUSED, "", 0);
	ck_assert(backend.soft && !changed);
	/* Nor does "try later" end a run of failures. */
	take(REASON_BANNER_LATER, "", 0);
	ck_assert_str_eq(take(REASON_CONNECT_REFUSED, "", 0),
			 "warn backend mx/mta1 soft -> down, no server listens "
			 "on that port, 12 ms\n");
	ck_assert(changed && !backend.soft);
	ck_assert_int_eq(backend.health.state, HEALTH_DOWN);
	/* A backend that is down is down, whatever it says. */
	ck_assert_str_eq(take(REASON_HELLO_LATER, "", 0),
			 "warn backend mx/mta1 is down, EHLO or HELO answered "
			 "with try later (4xx), 12 ms\n");
	ck_assert(!changed && !backend.soft);
}
END_TEST

/* The result of a check whose handshake was good but for the certificate. */
static void
take_flawed(void)
{
	struct probe_result result = {
		.verdict = VERDICT_DEGRADED,
		.counts = true,
		.reason = REASON_CERTIFICATE,
		.text = "expired",
		.total_ms = 12,
	};

	keptlog_forget();
	changed = verdict_take(&backend, &policy, &result, false);
}

START_TEST(faults_of_a_certificate_are_a_factor_of_their_own)
{
	take(REASON_OK, "", 0);
	take_flawed();
	ck_assert(changed && backend.flawed);
	ck_assert(!backend.degraded && !backend.soft);
	ck_assert_str_eq(keptlog_text(),
			 "warn backend mx/mta1 up -> degraded, the certificate "
			 "has faults: expired, 12 ms\n");
	take_flawed();
	ck_assert(!changed);
	ck_assert_str_eq(keptlog_text(), "");
	take(REASON_STARTTLS_REFUSED, "", 0);
	ck_assert(changed && backend.degraded && !backend.flawed);
	take_flawed();
	take(REASON_OK, "", 0);
	ck_assert(changed && !backend.degraded && !backend.flawed);
}
END_TEST

/* Random results against the rules, written out naively: soft from a "try
 * later" while it serves, until it passes or no longer serves. */
START_TEST(soft_follows_its_rule)
{
	static const enum reason reasons[] = {REASON_OK,
					      REASON_OK,
					      REASON_BANNER_LATER,
					      REASON_HELLO_LATER,
					      REASON_CONNECT_REFUSED,
					      REASON_LOCAL_FAULT};
	bool soft = false;
	uint32_t softs = 0, downs = 0;

	srand(20261128);
	for (int i = 0; i < 20000; i++) {
		const enum reason reason = reasons[rand() % 6];

		take(reason, "", 0);
		if (reason == REASON_OK || !health_serves(&backend.health))
			soft = false;
		else if (reason_kind(reason) == REASON_SOFT)
			soft = true;
		ck_assert_int_eq(backend.soft, soft);
		softs += soft;
		downs += !health_serves(&backend.health);
	}
	ck_assert_uint_gt(softs, 1000);
	ck_assert_uint_gt(downs, 1000);
}
END_TEST

/* With implicit TLS a server without a free place makes no handshake. */
START_TEST(a_full_backend_of_implicit_tls_does_not_fail)
{
	struct probe_result result = {.verdict = VERDICT_DOWN,
				      .counts = true,
				      .reason = REASON_TLS_TIMEOUT,
				      .implicit_tls = true};

	verdict_take(&backend, &policy, &result, true);
	ck_assert_int_eq(backend.check.reason, REASON_FULL);
	result.implicit_tls = false;
	verdict_take(&backend, &policy, &result, true);
	ck_assert_int_eq(backend.check.reason, REASON_TLS_TIMEOUT);
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
	tcase_add_test(t, a_full_backend_of_implicit_tls_does_not_fail);
	tcase_add_test(
		t, what_has_nothing_to_do_with_room_counts_in_a_full_backend);
	tcase_add_test(t,
		       try_later_acts_at_once_ends_at_once_and_is_no_failure);
	tcase_add_test(
		t,
		a_soft_backend_that_fails_stays_soft_until_it_passes_or_is_down);
	tcase_add_test(t, soft_follows_its_rule);
	tcase_add_test(t, faults_of_a_certificate_are_a_factor_of_their_own);
	suite_add_tcase(s, t);
	return s;
}
