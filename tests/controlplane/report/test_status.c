/* SPDX-License-Identifier: BSD-3-Clause */
/* Trouble that costs mail is shown: `status`, the states of pools and services,
 * the warnings beside a change, refused sessions by service and reason.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters the test writes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"
#include "serving.h"

static void
setup(void)
{
	serving_setup();
	plane_seed_hops(&plane);
}

START_TEST(a_site_that_is_well_is_ok)
{
	plane_answers(&plane, "status", ANSWER_OK, "OK mxsteer test-");
	plane_answers(&plane, "status", ANSWER_OK,
		      "inbound  ok     mx    2/2             0      0");
	plane_answers(&plane, "status", ANSWER_OK,
		      "data plane: running since ");
}
END_TEST

START_TEST(a_backend_that_is_down_is_a_warning_with_its_reason)
{
	fakeprobe_result("192.0.2.11:25", false);
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "WARNING   backend mx/a: down, ");
	plane_answers(&plane, "status", ANSWER_WARNING, "degraded");
	json_t *data = plane_data(&plane, "-j status", ANSWER_WARNING);
	ck_assert_str_eq(plane_text(data, "status"), "WARNING");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "warnings")),
			  1);
	ck_assert_int_eq(
		plane_number(plane_row(data, "services", 0), "serving"), 1);
	json_decref(data);
}
END_TEST

START_TEST(what_an_operator_took_out_is_a_note)
{
	plane_expect(&plane, "drain mx/a", true, "ready -> drain");
	plane.region->worker[0].backend[1].opened = 3;
	plane_answers(&plane, "status", ANSWER_OK,
		      "note      backend mx/a: draining by an operator, 3 "
		      "sessions left");
	plane.region->worker[0].backend[1].closed = 2;
	plane_answers(&plane, "status", ANSWER_OK, ", 1 session left: ");
	plane_answers(&plane, "show pools", ANSWER_OK,
		      "mx    1/2      degraded     0        2");
	plane_answers(&plane, "show services", ANSWER_OK, "degraded");
}
END_TEST

START_TEST(draining_the_last_backend_is_warned_of_and_critical)
{
	static const char warning[] =
		"\nwarning: pool mx is EMPTY, none of its backends serves: new "
		"sessions of inbound are refused";

	bool ok;
	char *text = plane_ask(&plane, "drain mx/a", &ok);
	ck_assert(ok && strstr(text, "warning") == NULL);
	free(text);
	plane_answers(&plane, "drain mx/b --even-last", ANSWER_OK, warning);
	plane_answers(&plane, "-j weight mx/b 0", ANSWER_OK,
		      "\"warnings\":[\"pool mx is EMPTY");
	plane_answers(&plane, "status", ANSWER_CRITICAL, "CRITICAL mxsteer");
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  pool mx is EMPTY");
	plane_answers(&plane, "show pools", ANSWER_OK, "mx    0/2      EMPTY");
	plane_answers(&plane, "show services", ANSWER_OK, "EMPTY");
	plane_answers(&plane, "weight mx/b 5", ANSWER_OK, warning);
	text = plane_ask(&plane, "ready mx/b", &ok);
	ck_assert(ok && strstr(text, "warning") == NULL);
	free(text);
}
END_TEST

START_TEST(a_ready_backend_that_is_down_is_said_to_take_no_sessions)
{
	fakeprobe_result("192.0.2.11:25", false);
	plane_expect(&plane, "drain mx/a", true,
		     "ready -> drain\n"
		     "in force: generation");
	plane_answers(&plane, "ready mx/a", ANSWER_OK,
		      "\nwarning: mx/a takes no new sessions yet: down, ");
	plane_answers(&plane, "-j weight mx/a 7", ANSWER_OK,
		      "\"warnings\":[\"mx/a takes no new sessions yet: down");
}
END_TEST

START_TEST(a_backend_after_maintenance_is_not_checked_yet)
{
	plane_expect(&plane, "maint mx/a", true, "ready -> maint");
	plane_answers(&plane, "ready mx/a", ANSWER_OK,
		      "\nwarning: mx/a takes no new sessions yet: down, not "
		      "checked yet");
	fakeprobe_result("192.0.2.11:25", false);
	plane_answers(&plane, "show backends", ANSWER_OK,
		      "down, banner refuses");
}
END_TEST

static bool
refusal_is_seen(struct plane *p)
{
	(void)p;
	return plane_logged("error service inbound refuses new sessions, "
			    "no-port: all local ports are in use");
}

static bool
counters_are_known(struct plane *p)
{
	return p->control->sweep.refusals.row[0][0].known;
}

START_TEST(refused_sessions_are_logged_and_shown_by_service)
{
	struct mx_worker_count *worker = plane.region->worker;

	ck_assert(plane_run_until(&plane, counters_are_known));
	worker[1].refused[0][MX_DROP_NO_PORT] = 7;
	worker[0].refused[0][MX_DROP_NO_SESSION] = 9; /* costs no mail */
	worker[1].dropped[MX_DROP_NO_PORT] = 7;
	worker[1].rx = 7;
	ck_assert(plane_run_until(&plane, refusal_is_seen));
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  service inbound refuses new sessions, "
		      "no-port: 7 SYNs, the last one ");
	json_t *data = plane_json(&plane, "-j show services");
	ck_assert_int_eq(
		plane_number(plane_row(data, "services", 0), "refused"), 7);
	json_decref(data);
	data = plane_json(&plane, "-j show drops");
	ck_assert_str_eq(plane_text(plane_row(data, "services", 0), "service"),
			 "inbound");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "services")),
			  2);
	json_decref(data);
	plane_expect(&plane, "show drops", true, "      7  inbound  no-port");
}
END_TEST

static bool
is_hastened(struct plane *p)
{
	(void)p;
	return fakeprobe_hastened("192.0.2.12:25") > 0;
}

/* Clients can be the cause, so only the check puts the backend down. */
START_TEST(sessions_that_a_backend_left_unserved_ask_for_its_check)
{
	uint32_t *unserved = plane.region->worker[1].backend[2].unserved;

	ck_assert(plane_run_until(&plane, counters_are_known));
	unserved[MX_UNSERVED_REFUSED] = 5;
	unserved[MX_UNSERVED_MUTE] = 1;
	ck_assert(plane_run_until(&plane, is_hastened));
	ck_assert(plane_logged("warn backend mx/b refuses connections of "
			       "sessions: its next check is made now"));
	ck_assert(plane_logged("warn backend mx/b does not greet sessions "
			       "within banner-patience"));
	ck_assert_uint_eq(fakeprobe_hastened("192.0.2.11:25"), 0);
	plane_answers(&plane, "status", ANSWER_OK,
		      "note      backend mx/b has left 5 sessions unserved, "
		      "refused, the last one ");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_int_eq(plane_number(b, "unserved"), 6);
	ck_assert_int_eq(
		plane_number(json_object_get(b, "unserved_by"), "mute"), 1);
	ck_assert_str_eq(plane_text(b, "health"), "up");
	json_decref(data);
	fakeprobe_result("192.0.2.12:25", true);
	unserved[MX_UNSERVED_REFUSED] = 1000000;
	plane_run(&plane, 10000);
	ck_assert_uint_le(fakeprobe_hastened("192.0.2.12:25"), 2);
	data = plane_json(&plane, "-j show backends");
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 1), "health"),
			 "up");
	json_decref(data);
}
END_TEST

START_TEST(sessions_of_what_left_the_configuration_are_a_note)
{
	char line[160];

	plane.region->worker[0].backend[1].opened = 3;
	plane_write_config(&plane, "c.yaml",
			   "      - {name: b, address: \"192.0.2.12:25\"}\n");
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	plane_answers(&plane, "status", ANSWER_OK,
		      "note      1 backend left the configuration and has 3 "
		      "sessions: see show retired");
}
END_TEST

/* Put a folder in the place of the draft, so that it cannot be written. */
static void
block_saving(bool blocked)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s.json.new", plane.folder,
		 plane.instance);
	if (blocked)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else
		ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(a_state_that_is_not_saved_is_said_and_tried_again)
{
	block_saving(true);
	plane_answers(&plane, "drain mx/a", ANSWER_OK,
		      ".json: Is a directory; a restart of the control plane "
		      "would forget it");
	ck_assert(plane_logged("error state not saved to "));
	plane_forget_log();
	saver_save(&plane.control->saver);
	ck_assert(!plane_logged("not saved")); /* it was logged before */
	plane_answers(&plane, "status", ANSWER_WARNING, "WARNING   not saved");
	block_saving(false);
	saver_save(&plane.control->saver);
	ck_assert(plane_logged("info state saved to "));
	plane_answers(&plane, "status", ANSWER_OK, "OK mxsteer");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	plane_expect(&plane, "show backends", true, "drain");
}
END_TEST

START_TEST(systemd_is_told_of_all_sessions)
{
	char text[SUPERVISOR_STATUS_MAX];

	plane.region->worker[0].service[0].opened = 1234;
	supervisor_status(&plane.control->supervisor, text);
	ck_assert_msg(strstr(text, " 1,234 sessions") != NULL, "%s", text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, a_site_that_is_well_is_ok);
	tcase_add_test(t, a_backend_that_is_down_is_a_warning_with_its_reason);
	tcase_add_test(t, what_an_operator_took_out_is_a_note);
	tcase_add_test(t, draining_the_last_backend_is_warned_of_and_critical);
	tcase_add_test(
		t, a_ready_backend_that_is_down_is_said_to_take_no_sessions);
	tcase_add_test(t, a_backend_after_maintenance_is_not_checked_yet);
	tcase_add_test(t, refused_sessions_are_logged_and_shown_by_service);
	tcase_add_test(t,
		       sessions_that_a_backend_left_unserved_ask_for_its_check);
	tcase_add_test(t, sessions_of_what_left_the_configuration_are_a_note);
	tcase_add_test(t, a_state_that_is_not_saved_is_said_and_tried_again);
	tcase_add_test(t, systemd_is_told_of_all_sessions);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
