/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands: what they change, show and refuse.
 * Method: requests over the real socket to a whole control plane, on a real
 * region (serving.c). test_apply.c has `config apply`, and test_input.c has
 * typing errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "serving.h"
#include "timer.h"

START_TEST(drain_takes_new_sessions_away_once_acked)
{
	plane_expect(&plane, "drain mx/a", true,
		     "mx/a: ready -> drain\n"
		     "in force: generation 3, 2/2 workers in 0.2 ms");
	const struct mx_plan *plan = mx_region_slot(plane.region, 3);
	ck_assert(!plan->backend[1].serves);
	ck_assert_uint_eq(plan->pick[0].slot[7], 2);
	plane_expect(&plane, "ready mx/a", true,
		     "mx/a: drain -> ready\n"
		     "in force: generation 4,");
	plane_expect(&plane, "maint mx/a", true,
		     "mx/a: ready -> maint\n"
		     "in force: generation 5,");
	ck_assert(plane_logged(
		getuid() == 0 ? "mx/a ready -> drain, by command of "
				"root (uid 0)"
			      : "mx/a ready -> drain, by command of "));
	plane_expect(&plane, "maint mx/a", true,
		     "mx/a: maint -> maint\n"
		     "in force: generation 5,");
}
END_TEST

static const struct mx_plan *
plan_now(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

START_TEST(drain_may_end_the_sessions_behind_their_mails)
{
	struct mx_flow_count *count = &plane.region->worker[1].backend[1];

	plane_expect(&plane, "drain mx/a --end-sessions", true,
		     "mx/a: ready -> drain; its sessions end behind their "
		     "mails: show drain\n");
	ck_assert(plan_now()->backend[1].watched);
	ck_assert(!plan_now()->backend[2].watched);
	ck_assert(plane_logged("mx/a sessions end by themselves -> "
			       "behind their mails, by "
			       "command of "));
	*count = (struct mx_flow_count){.opened = 9,
					.closed = 2,
					.watched = 4,
					.sealed = 2,
					.ended = 5};
	plane_expect(&plane, "show backends", true, "draining, sessions end");
	json_t *data = plane_json(&plane, "-j show drain");
	const json_t *a = plane_row(data, "drain", 0);
	ck_assert_str_eq(plane_text(a, "backend"), "mx/a");
	ck_assert_int_eq(plane_number(a, "sessions"), 7);
	ck_assert_int_eq(plane_number(a, "watched"), 4);
	ck_assert_int_eq(plane_number(a, "sealed"), 2);
	ck_assert_int_eq(plane_number(a, "ended"), 5);
	json_decref(data);
	plane_expect(&plane, "wait 0 drained mx/a", false,
		     "7 sessions left, 2 of them of TLS");
	*count = (struct mx_flow_count){0};
	/* The wish outlives a restart. */
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(plan_now()->backend[1].watched);
	plane_expect(&plane, "weight mx/a 7", true, "weight 100 -> 7");
	ck_assert(plan_now()->backend[1].watched);
	/* Another drain adds a time.  Each other state ends it. */
	plane_expect(&plane, "drain mx/a for 2h", true,
		     "mx/a: drain -> drain; its sessions end behind their "
		     "mails: show drain, for 2h0m\n");
	ck_assert(plan_now()->backend[1].watched);
	plane_expect(&plane, "maint mx/a", true, "mx/a: drain -> maint");
	plane_expect(&plane, "drain mx/a", true, "mx/a: maint -> drain");
	ck_assert(!plan_now()->backend[1].watched);
	plane_expect(&plane, "drain mx/a --end-sessions", true,
		     "mx/a: drain -> drain; its sessions end");
	ck_assert(plan_now()->backend[1].watched);
	plane_expect(&plane, "ready mx/a", true, "mx/a: drain -> ready\n");
	ck_assert(!plan_now()->backend[1].watched);
	plane_expect(&plane, "show drain", true, "no backend drains\n");
	plane_expect(&plane, "drain mx/a now --end-sessions", false,
		     "stand before the reason");
	plane_expect(&plane, "drain mx/nobody --end-sessions", false,
		     "expected one of: mx/");
}
END_TEST

START_TEST(sessions_of_direct_return_cannot_end_behind_their_mails)
{
	static const char why[] =
		"mxsteer does not see the replies of dsr and tunnel, so it "
		"cannot tell where a mail ends; use drain without "
		"--end-sessions, and let the MTA end its sessions";
	char line[160];

	plane_write_rest(
		&plane, "direct.yaml",
		"services:\n"
		"  - {name: in, listen: [\"198.51.100.25:25\"], pool: mx,\n"
		"     forward: dsr}\n"
		"  - {name: out, listen: [\"198.51.100.26:25\"], pool: out,\n"
		"     forward: tunnel,\n"
		"     tunnel: {type: ipip, source: [\"10.0.2.128/26\"]}}\n"
		"pools:\n"
		"  - name: mx\n"
		"    check: {rise: 1, fall: 1}\n"
		"    backends: [{name: a, address: \"192.0.2.11:25\"}]\n"
		"  - name: out\n"
		"    check: {rise: 1, fall: 1}\n"
		"    backends: [{name: o, address: \"10.0.2.19:25\"}]\n");
	snprintf(line, sizeof(line), "config apply %s/direct.yaml",
		 plane.folder);
	plane_expect(&plane, line, true, "is in force");
	plane_answers(&plane, "drain mx/a --end-sessions", ANSWER_REFUSED, why);
	plane_answers(&plane, "drain out/o --end-sessions", ANSWER_REFUSED,
		      why);
	plane_expect(&plane, "show drain", true, "no backend drains\n");
	plane_expect(&plane, "drain mx/a --even-last", true,
		     "mx/a: ready -> drain\n");
}
END_TEST

START_TEST(maintenance_ends_the_checks_and_what_they_found)
{
	plane_expect(&plane, "maint mx/a", true, "mx/a: ready -> maint\n");
	ck_assert_uint_eq(fakeprobe_count(), 1);
	plane_expect(&plane, "show backends", true,
		     "maint  unchecked  0s        100    0");
	plane_expect(&plane, "drain mx/a", true, "mx/a: maint -> drain\n");
	ck_assert_uint_eq(fakeprobe_count(), 2);
	/* It may be down: it has to pass its checks first. */
	plane_expect(&plane, "maint mx/a", true, "mx/a: drain -> maint\n");
	plane_expect(&plane, "ready mx/a", true,
		     "mx/a: maint -> ready; it serves after its next checks");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *a = plane_row(data, "backends", 0);
	ck_assert_str_eq(plane_text(a, "health"), "down");
	ck_assert_int_eq(plane_number(a, "effective_weight"), 0);
	json_decref(data);
	fakeprobe_result("192.0.2.11:25", true);
	plane_expect(&plane, "show backends", true, "ready  up");
}
END_TEST

START_TEST(maintenance_outlives_a_restart_and_an_apply_without_checks)
{
	char line[160];

	plane_expect(&plane, "maint mx/a", true, "maint\n");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert_uint_eq(fakeprobe_count(), 1);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	ck_assert_uint_eq(fakeprobe_count(), 1);
}
END_TEST

static struct mx_flow_count *
count_of_a(void)
{
	return &plane.region->worker[1].backend[1];
}

START_TEST(end_sessions_marks_what_was_opened_until_now)
{
	count_of_a()->opened = 13;
	count_of_a()->closed = 1;
	fakeprobe_result("192.0.2.11:25", false); /* down is no obstacle */
	plane_expect(&plane, "end sessions mx/a", true,
		     "mx/a: 12 sessions end: both ends are reset, silent ones "
		     "within a minute\n"
		     "in force: generation ");
	const uint64_t generation = atomic_load(&plane.region->generation);
	const struct mx_plan *plan = mx_region_slot(plane.region, generation);
	ck_assert_uint_ge(plan->backend[1].ended_s, (uint32_t)clock_s() - 1);
	ck_assert_uint_le(plan->backend[1].ended_s, (uint32_t)clock_s());
	ck_assert_uint_eq(plan->backend[2].ended_s, 0);
	ck_assert(plane_logged("info backend mx/a ends 12 sessions, by "
			       "command"));
	plane_expect(&plane, "end sessions mx/nobody", false,
		     "expected one of: mx/");
	plane_expect(&plane, "end sessions", false,
		     "expected: end sessions POOL/BACKEND");
	plane_expect(&plane, "end", false, "expected one of: end sessions");
}
END_TEST

START_TEST(end_sessions_reaches_what_left_the_configuration)
{
	char line[160];

	count_of_a()->opened = 3;
	plane_write_config(&plane, "c.yaml",
			   "      - {name: a, address: \"192.0.2.99:25\"}\n"
			   "      - {name: b, address: \"192.0.2.12:25\"}\n");
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "end sessions mx/a", true, "mx/a: 3 sessions end");
	const uint64_t generation = atomic_load(&plane.region->generation);
	const struct mx_plan *plan = mx_region_slot(plane.region, generation);
	ck_assert_uint_gt(plan->backend[1].ended_s, 0); /* the backend that
							 * is retired */
	ck_assert_uint_gt(plan->backend[3].ended_s, 0); /* its successor */
	ck_assert_uint_eq(plan->backend[2].ended_s, 0);
	count_of_a()->opened = 0;
}
END_TEST

START_TEST(a_weight_is_set_and_given_back_to_the_file)
{
	plane_expect(&plane, "weight mx/a 0", true,
		     "mx/a: weight 100 -> 0\n"
		     "in force: generation 3,");
	plane_expect(&plane, "weight mx/a 1000", true,
		     "weight 0 -> 1000\n"
		     "in force: generation 4,");
	plane_expect(&plane, "weight mx/a default", true,
		     "weight 1000 -> 100\n");
	plane_expect(&plane, "weight mx/a 1001", false, "expected 0 to 1000");
	plane_expect(&plane, "weight mx/a -1", false, "expected N (such");
	plane_expect(&plane, "weight mx/a 1e3", false, "expected N (such");
	plane_expect(&plane, "weight mx/a", false,
		     "expected: weight POOL/BACKEND|@HOST N");
	plane_expect(&plane, "weight mx/a 1 2", false, "2 is no reason");
}
END_TEST

START_TEST(overrides_outlive_a_restart)
{
	plane_expect(&plane, "weight mx/b 7", true, "generation 3");
	plane_expect(&plane, "drain mx/a", true, "generation 4");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *a = plane_row(data, "backends", 0);
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_str_eq(plane_text(a, "admin"), "drain");
	ck_assert_str_eq(plane_text(a, "health"), "up");
	ck_assert_int_eq(plane_number(b, "weight"), 7);
	ck_assert_int_eq(plane_number(b, "effective_weight"), 7);
	json_decref(data);
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 4);
}
END_TEST

START_TEST(a_change_without_an_ack_says_so)
{
	plane.silent = true;
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED,
		      "mx/a: ready -> drain\nnoted, not in force: the data "
		      "plane has not taken up generation 3 yet");
	plane.silent = false;
	plane_expect(&plane, "ready mx/a", true, "2/2 workers");
}
END_TEST

START_TEST(a_refused_plan_is_an_error)
{
	plane.fault = MX_PLAN_BAD_BACKEND;
	plane_expect(&plane, "drain mx/a", false, "generation 3 was refused");
	plane_expect(&plane, "show generation", true,
		     "a backend has an impossible value");
}
END_TEST

START_TEST(without_a_data_plane_a_change_waits_for_it)
{
	plane_stop_data(&plane);
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED,
		      "noted, not in force: no data plane is running");
	plane_start_data(&plane);
	plane_expect(&plane, "ready mx/a", true, "2/2 workers");
}
END_TEST

START_TEST(json_of_a_change_has_the_generation)
{
	json_t *data = plane_json(&plane, "-j drain mx/a");

	ck_assert_str_eq(plane_text(data, "message"), "mx/a: ready -> drain");
	ck_assert_int_eq(plane_number(data, "generation"), 3);
	ck_assert(json_is_true(json_object_get(data, "adopted")));
	ck_assert_int_eq(plane_number(data, "workers"), 2);
	json_decref(data);
}
END_TEST

static void
on_last_session(void *arg)
{
	(void)arg;
	count_of_a()->closed = count_of_a()->opened;
}

START_TEST(wait_answers_when_the_last_session_has_ended)
{
	struct timer *end = timer_new(plane.base, on_last_session, NULL);

	count_of_a()->opened = 3;
	plane_expect(&plane, "wait 0 drained mx/a", false,
		     "mx/a is not drained after 0 seconds: 3 sessions left; "
		     "it is ready and takes new ones: drain it");
	plane_expect(&plane, "drain mx/a", true, "generation 3");
	timer_set(end, 300);
	plane_expect(&plane, "wait 5 drained mx/a", true, "mx/a is drained");
	timer_free(end);
}
END_TEST

START_TEST(a_control_plane_that_stops_leaves_no_one_waiting)
{
	count_of_a()->opened = 3;
	const int fd = client_connect(plane.socket);
	ck_assert_int_gt(write(fd, "wait 100 drained mx/a\n", 22), 0);
	for (int i = 0; i < 50; i++)
		event_base_loop(plane.base, EVLOOP_NONBLOCK);
	plane_stop_control(&plane);
	close(fd);
	count_of_a()->opened = 0;
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("commands");
	TCase *t = tcase_create("commands");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, drain_takes_new_sessions_away_once_acked);
	tcase_add_test(t, drain_may_end_the_sessions_behind_their_mails);
	tcase_add_test(t,
		       sessions_of_direct_return_cannot_end_behind_their_mails);
	tcase_add_test(t, maintenance_ends_the_checks_and_what_they_found);
	tcase_add_test(
		t, maintenance_outlives_a_restart_and_an_apply_without_checks);
	tcase_add_test(t, a_weight_is_set_and_given_back_to_the_file);
	tcase_add_test(t, overrides_outlive_a_restart);
	tcase_add_test(t, a_change_without_an_ack_says_so);
	tcase_add_test(t, a_refused_plan_is_an_error);
	tcase_add_test(t, without_a_data_plane_a_change_waits_for_it);
	tcase_add_test(t, json_of_a_change_has_the_generation);
	tcase_add_test(t, wait_answers_when_the_last_session_has_ended);
	tcase_add_test(t, a_control_plane_that_stops_leaves_no_one_waiting);
	tcase_add_test(t, end_sessions_marks_what_was_opened_until_now);
	tcase_add_test(t, end_sessions_reaches_what_left_the_configuration);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
