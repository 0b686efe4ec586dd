/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator sees of a group of boxes: `show group`, the trouble in `status`,
 * and the events.
 * Method: requests over the real socket to a whole control plane; the test writes
 * what mxsteer-replica has done. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "eventlog.h"
#include "groupnote.h"
#include "groupwatch.h"
#include "peerwatch.h"
#include "runner.h"

static struct replicated now;

static void
setup(void)
{
	serving_setup();
	plane_seed_hops(&plane);
	groupnote_begin();
	now = groupnote_synced();
	now.peer[0].from.synced_ms = (clock_wall_s() - 65) * 1000;
	groupnote_write(&now);
	eventlog_forget();
	plane_forget_log();
}

static void
status_has(enum answer wanted, const char *part)
{
	plane_answers(&plane, "status", wanted, part);
}

START_TEST(without_a_group_nothing_is_said)
{
	plane.control->state->config->group.box = 0;
	plane_run(&plane, 2000);
	plane_answers(&plane, "show group", ANSWER_OK,
		      "this box is in no group (key group)");
	plane_run(&plane, 20000);
	status_has(ANSWER_OK, "OK mxsteer test-");
	ck_assert_uint_eq(eventlog_total(), 0);
	json_t *data = plane_data(&plane, "-j show group", ANSWER_OK);
	ck_assert(json_is_null(json_object_get(data, "box")));
	ck_assert_uint_eq(json_array_size(json_object_get(data, "boxes")), 0);
	json_decref(data);
}
END_TEST

START_TEST(each_other_box_has_a_row)
{
	json_t *data = plane_data(&plane, "-j show group", ANSWER_OK);
	const json_t *row = plane_row(data, "boxes", 0);

	ck_assert_uint_eq(json_array_size(json_object_get(data, "boxes")), 2);
	ck_assert_int_eq(plane_number(data, "box"), 1);
	ck_assert_int_eq(plane_number(data, "sessions"), 120);
	ck_assert(json_is_true(json_object_get(data, "running")));
	ck_assert_int_eq(plane_number(row, "box"), 2);
	ck_assert_str_eq(plane_text(row, "address"), "10.9.0.2:9708");
	ck_assert_str_eq(plane_text(row, "from"), "synced");
	ck_assert_str_eq(plane_text(row, "to"), "synced");
	ck_assert_str_eq(plane_text(row, "config"), "same");
	ck_assert_int_eq(plane_number(row, "sessions"), 80);
	ck_assert_int_eq(plane_number(row, "lag_ms"), 40);
	ck_assert_int_eq(plane_number(row, "breaks"), 3);
	ck_assert_int_ge(plane_number(row, "age_s"), 65);
	ck_assert(json_is_null(json_object_get(row, "trouble")));
	json_decref(data);
	plane_answers(&plane, "show group", ANSWER_OK,
		      "BOX  ADDRESS        FROM    SESSIONS  AGE");
	plane_answers(&plane, "show group", ANSWER_OK,
		      "this box: 1, mxsteer-replica runs, sessions to send: "
		      "120, last scan: 2.5 ms");
	status_has(ANSWER_OK, "OK mxsteer test-");
}
END_TEST

START_TEST(a_box_that_is_lost_is_a_warning_with_its_reason)
{
	now.peer[1].from.state = REPLICATED_NONE;
	now.peer[1].from.refusal = REPLICATED_REFUSED_SILENT;
	groupnote_write(&now);
	plane_answers(&plane, "show group", ANSWER_OK, "lost");
	status_has(ANSWER_OK, "OK mxsteer");
	groupnote_go_on(&now, PEERWATCH_DOWN_S);
	status_has(ANSWER_WARNING, "WARNING   group: box 3: no sessions come "
				   "from it since ");
	status_has(ANSWER_WARNING,
		   ": the other box said nothing in time: see show group");
	now.peer[1].to.state = REPLICATED_REFUSED;
	now.peer[1].to.refusal = REPLICATED_REFUSED_WORKERS;
	groupnote_go_on(&now, PEERWATCH_DOWN_S + 2);
	status_has(ANSWER_WARNING, "group: box 3: no stream to or from it "
				   "since ");
	status_has(ANSWER_WARNING, ", at 10.9.0.3:9708: the two boxes have "
				   "different numbers of workers");
	/* A connection that is tried again and again is down all the time. */
	now.peer[1].to.state = REPLICATED_CONNECTING;
	groupnote_write(&now);
	status_has(ANSWER_WARNING, "group: box 3: no stream to or from it");
	now = groupnote_synced();
	groupnote_write(&now);
	status_has(ANSWER_OK, "OK mxsteer");
}
END_TEST

START_TEST(a_box_that_was_never_there_is_a_warning)
{
	memset(&now.peer[1], 0, sizeof(now.peer[1]));
	groupnote_go_on(&now, PEERWATCH_DOWN_S + 2);
	status_has(ANSWER_WARNING,
		   "group: box 3: mxsteer-replica does not know of it");
	now.peer[1] = (struct replicated_peer){.box = 3};
	groupnote_write(&now);
	status_has(ANSWER_WARNING, "at 10.9.0.3:9708: it does not answer");
	now.peer[1].to.state = REPLICATED_SYNCED;
	groupnote_write(&now);
	status_has(ANSWER_WARNING, "it has not connected");
	json_t *data = plane_data(&plane, "-j show group", ANSWER_OK);
	ck_assert_str_eq(plane_text(plane_row(data, "boxes", 1), "from"),
			 "none");
	json_decref(data);
}
END_TEST

START_TEST(another_configuration_is_a_warning)
{
	now.peer[0].same = 0;
	groupnote_write(&now);
	status_has(ANSWER_WARNING,
		   "WARNING   group: box 2: its configuration differs");
	plane_answers(&plane, "show group", ANSWER_OK, "differs");
	ck_assert(
		plane_logged("warn box 2 configuration differs, in services"));
	now.peer[0].same = 1;
	groupnote_write(&now);
	ck_assert(plane_logged("info box 2 configuration differs -> as here"));
	status_has(ANSWER_OK, "OK mxsteer");
}
END_TEST

START_TEST(a_replica_that_does_not_run_is_one_warning)
{
	plane_run(&plane, 1000 * (GROUPWATCH_SILENT_S + PEERWATCH_DOWN_S + 3));
	json_t *data = plane_data(&plane, "-j status", ANSWER_WARNING);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "warnings")),
			  1);
	json_decref(data);
	status_has(ANSWER_WARNING, "group: mxsteer-replica does not run");
	plane_answers(&plane, "show group", ANSWER_OK,
		      "mxsteer-replica does not run");
	data = plane_data(&plane, "-j show group", ANSWER_OK);
	ck_assert_str_eq(plane_text(plane_row(data, "boxes", 0), "from"),
			 "lost");
	ck_assert_str_eq(plane_text(plane_row(data, "boxes", 0), "to"), "none");
	json_decref(data);
	ck_assert(plane_logged("mxsteer-replica does not run any more"));
	groupnote_write(&now);
	ck_assert(plane_logged("info mxsteer-replica runs"));
}
END_TEST

START_TEST(an_error_of_mxsteer_replica_is_shown)
{
	now.error = EADDRNOTAVAIL;
	groupnote_write(&now);
	status_has(ANSWER_WARNING,
		   "group: mxsteer-replica cannot work: this host does not "
		   "have the address that group.boxes gives this box");
	plane_answers(&plane, "show group", ANSWER_OK,
		      "it cannot work: this host does not have the address");
	now.error = EMSGSIZE;
	groupnote_write(&now);
	status_has(ANSWER_WARNING, "expected 32 to 4096 bytes");
}
END_TEST

START_TEST(what_comes_and_goes_is_an_event)
{
	now.refused[REPLICATED_REFUSED_TLS] = 4;
	now.peer[0].from.state = REPLICATED_NONE;
	groupnote_write(&now);
	ck_assert(plane_logged("warn box 2 stream from it up -> down, the "
			       "connection ended"));
	plane_answers(&plane, "show group", ANSWER_OK,
		      "connections refused or ended, tls: 4");
	/* One that comes and goes is one event. */
	const uint64_t total = eventlog_total();
	for (int i = 0; i < 5; i++) {
		now.peer[0].from.state = REPLICATED_TEACHING;
		groupnote_go_on(&now, 1);
		now.peer[0].from.state = REPLICATED_NONE;
		groupnote_go_on(&now, 1);
	}
	ck_assert_uint_eq(eventlog_total(), total);
	now.peer[0].from.state = REPLICATED_TEACHING;
	groupnote_go_on(&now, PEERWATCH_STEADY_S + 2);
	ck_assert(plane_logged("info box 2 stream from it down -> up"));
	ck_assert_uint_eq(eventlog_total(), total + 1);
	plane_answers(&plane, "show events of box", ANSWER_OK, "stream from");
}
END_TEST

START_TEST(a_box_that_left_the_file_is_forgotten)
{
	now.peer[1].to.state = REPLICATED_NONE;
	groupnote_go_on(&now, PEERWATCH_DOWN_S + 3);
	status_has(ANSWER_WARNING, "group: box 3");
	plane.control->state->config->group.box_count = 2;
	groupnote_write(&now);
	status_has(ANSWER_OK, "OK mxsteer");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("showgroup");
	TCase *t = tcase_create("showgroup");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, without_a_group_nothing_is_said);
	tcase_add_test(t, each_other_box_has_a_row);
	tcase_add_test(t, a_box_that_is_lost_is_a_warning_with_its_reason);
	tcase_add_test(t, a_box_that_was_never_there_is_a_warning);
	tcase_add_test(t, another_configuration_is_a_warning);
	tcase_add_test(t, a_replica_that_does_not_run_is_one_warning);
	tcase_add_test(t, an_error_of_mxsteer_replica_is_shown);
	tcase_add_test(t, what_comes_and_goes_is_an_event);
	tcase_add_test(t, a_box_that_left_the_file_is_forgotten);
	suite_add_tcase(s, t);
	return s;
}
