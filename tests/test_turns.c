/* SPDX-License-Identifier: BSD-3-Clause */
/* The times of probes: in turns, again and again, sooner while in doubt, and
 * never after they are freed.
 * Method: probes and their server in one event base (proberig.c). */
#include <string.h>

#include "proberig.h"
#include "runner.h"

/* The number of probes at the same time. */
#define CROWD 7
static uint32_t ends[CROWD];
static uint32_t least_ends;

static void
count_end(void *arg, const struct probe_result *result)
{
	(void)result;
	++*(uint32_t *)arg;
	for (int i = 0; i < CROWD; i++)
		if (ends[i] < least_ends)
			return;
	event_base_loopbreak(rig.base);
}

START_TEST(probes_take_turns_and_each_gets_one)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const struct attempt_task task = {.check = {.type = MX_CHECK_SMTP,
						    .interval_ms = 100,
						    .timeout_ms = 50,
						    .helo = "lb.example.net"},
					  .endpoint = mta_endpoint(rig.mta)};
	struct probe *crowd[CROWD];

	mta_play(rig.mta, proberig_silent);
	memset(ends, 0, sizeof(ends));
	least_ends = 3;
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = probe_new(rig.probes, &task, count_end, &ends[i]);
		probe_now(crowd[i]);
	}
	event_base_loopexit(rig.base, &patience);
	event_base_dispatch(rig.base);
	for (int i = 0; i < CROWD; i++)
		ck_assert_uint_ge(ends[i], least_ends);
	/* Server and client are in one loop.  So a probe may have closed a
	 * connection that its server has not closed yet. */
	ck_assert_uint_le(mta_seen(rig.mta)->open_most, 2 * PROBES_AT_ONCE);
	/* Some are under way now, and some in line. */
	for (int i = 0; i < CROWD; i++)
		probe_free(crowd[i]);
}
END_TEST

START_TEST(who_leaves_the_line_keeps_nobody_waiting)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const struct attempt_task task = {.check = {.type = MX_CHECK_SMTP,
						    .interval_ms = HOUR_MS,
						    .timeout_ms = 300,
						    .helo = "lb.example.net"},
					  .endpoint = mta_endpoint(rig.mta)};
	struct probe *crowd[CROWD];

	mta_play(rig.mta, proberig_silent);
	memset(ends, 0, sizeof(ends));
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = probe_new(rig.probes, &task, count_end, &ends[i]);
		probe_now(crowd[i]);
	}
	while (mta_seen(rig.mta)->accepted < PROBES_AT_ONCE)
		event_base_loop(rig.base, EVLOOP_ONCE);
	/* Free probes that are under way, first in line, last in line, and in
	 * between. */
	for (int i = 0; i < CROWD; i += 2)
		probe_free(crowd[i]);
	for (int i = 0; i < CROWD; i += 2)
		ends[i] = 1;
	least_ends = 1;
	event_base_loopexit(rig.base, &patience);
	event_base_dispatch(rig.base);
	for (int i = 1; i < CROWD; i += 2) {
		ck_assert_uint_eq(ends[i], 1);
		probe_free(crowd[i]);
	}
}
END_TEST

START_TEST(the_first_probe_comes_by_itself_and_soon)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_well);
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	proberig_run_until(1);
	ck_assert(rig.last.passed);
}
END_TEST

START_TEST(a_probe_repeats_and_never_overlaps_itself)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	/* The timeout is longer than the interval. */
	mta_play(rig.mta, proberig_silent);
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, 100, 200);
	proberig_run_until(4);
	ck_assert_uint_eq(mta_seen(rig.mta)->open_most, 1);
	ck_assert_int_eq(rig.last.reason, REASON_BANNER_TIMEOUT);
}
END_TEST

START_TEST(asking_for_a_probe_during_one_starts_no_second)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_silent);
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 200);
	probe_now(rig.probe);
	while (mta_seen(rig.mta)->accepted == 0)
		event_base_loop(rig.base, EVLOOP_ONCE);
	probe_now(rig.probe);
	probe_in_doubt(rig.probe, true);
	proberig_run_until(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->accepted, 1);
}
END_TEST

START_TEST(doubt_shortens_the_pause_and_its_end_restores_it)
{
	const struct timeval more_than_doubt = {.tv_sec = 1, .tv_usec = 500000};

	proberig_mta(proberig_well, 10000);
	/* An hour would be beyond PATIENCE_S. */
	probe_in_doubt(rig.probe, true);
	proberig_run_until(2);

	probe_in_doubt(rig.probe, false);
	event_base_loopexit(rig.base, &more_than_doubt);
	event_base_dispatch(rig.base);
	ck_assert_uint_eq(rig.results, 2);
}
END_TEST

START_TEST(a_probe_may_be_freed_by_its_own_result)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_well);
	rig.free_at_once = true;
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, 100, 10000);
	proberig_run_until(1);
	ck_assert_ptr_null(rig.probe);
	proberig_run_until_hung_up();
	ck_assert_uint_eq(rig.results, 1);
}
END_TEST

START_TEST(a_probe_freed_in_mid_dialogue_leaves_no_result)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_silent);
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	probe_now(rig.probe);
	while (mta_seen(rig.mta)->accepted == 0)
		event_base_loop(rig.base, EVLOOP_ONCE);
	probe_free(rig.probe);
	rig.probe = NULL;
	proberig_run_until_hung_up();
	ck_assert_uint_eq(rig.results, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("turns");
	TCase *t = tcase_create("turns");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, proberig_setup, proberig_teardown);
	tcase_add_test(t, probes_take_turns_and_each_gets_one);
	tcase_add_test(t, who_leaves_the_line_keeps_nobody_waiting);
	tcase_add_test(t, the_first_probe_comes_by_itself_and_soon);
	tcase_add_test(t, a_probe_repeats_and_never_overlaps_itself);
	tcase_add_test(t, asking_for_a_probe_during_one_starts_no_second);
	tcase_add_test(t, doubt_shortens_the_pause_and_its_end_restores_it);
	tcase_add_test(t, a_probe_may_be_freed_by_its_own_result);
	tcase_add_test(t, a_probe_freed_in_mid_dialogue_leaves_no_result);
	suite_add_tcase(s, t);
	return s;
}
