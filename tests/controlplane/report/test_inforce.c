/* SPDX-License-Identifier: BSD-3-Clause */
/* The replies about what is in force, and when a backend counts as drained.
 * Method: requests over the real socket to a whole control plane, on a real
 * region.  The test plays the data plane, which can be slow, stopped, gone or
 * of another version. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "regionfile.h"
#include "runner.h"
#include "serving.h"
#include "timer.h"

static struct mx_flow_count *
count_of_a(void)
{
	return &plane.region->worker[1].backend[1];
}

START_TEST(a_ready_backend_is_not_drained_though_it_has_no_session)
{
	plane_answers(&plane, "wait 0 drained mx/a", ANSWER_REFUSED,
		      "mx/a is not drained after 0 seconds; it is ready and "
		      "takes new ones: drain it");
	plane_expect(&plane, "weight mx/a 0", true, "generation 3");
	plane_answers(&plane, "wait 0 drained mx/a", ANSWER_REFUSED,
		      "mx/a is not drained after 0 seconds; it is ready, and "
		      "may take new ones again: drain it");
	plane_expect(&plane, "maint mx/a", true, "generation");
	plane_answers(&plane, "wait 0 drained mx/a", ANSWER_OK,
		      "mx/a is drained");
}
END_TEST

START_TEST(a_backend_is_not_drained_by_a_plan_that_is_not_in_force)
{
	plane.silent = true;
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED, "not in force");
	plane_answers(
		&plane, "wait 1 drained mx/a", ANSWER_REFUSED,
		"mx/a is not drained after 1 second; the drain is not in "
		"force: the data plane has not taken up generation 3 yet");
	plane.silent = false;
	plane_answers(&plane, "wait 5 drained mx/a", ANSWER_OK,
		      "mx/a is drained");
}
END_TEST

START_TEST(lookup_says_that_its_plan_is_not_in_force)
{
	static const char line[] = "lookup 192.0.2.1:4 198.51.100.25:25";
	bool ok;
	char *text;

	plane_seed_hops(&plane);
	text = plane_ask(&plane, line, &ok);
	ck_assert_msg(ok && strstr(text, "not in force") == NULL, "%s", text);
	free(text);
	plane.silent = true;
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED, "not in force");
	plane_answers(&plane, line, ANSWER_OK,
		      "This is not in force: the data plane has not taken up "
		      "generation 4 yet.");
	plane.silent = false;
	plane_answers(&plane, "wait 5 drained mx/a", ANSWER_OK,
		      "mx/a is drained");
	text = plane_ask(&plane, line, &ok);
	ck_assert_msg(ok && strstr(text, "mx/b") != NULL &&
			      strstr(text, "not in force") == NULL,
		      "%s", text);
	free(text);
}
END_TEST

START_TEST(a_frozen_data_plane_drains_nothing)
{
	plane_expect(&plane, "drain mx/a", true, "generation 3");
	plane.frozen = true;
	plane_answers(&plane, "wait 3 drained mx/a", ANSWER_REFUSED,
		      "the data plane is silent: its process is there, and has "
		      "given no heartbeat for ");
	ck_assert(plane_logged("error dataplane running -> silent"));
	plane_answers(&plane, "drain mx/b --even-last", ANSWER_NOTED,
		      "mx/b: ready -> drain\nnoted, not in force: the data "
		      "plane is silent");
	plane.frozen = false;
	plane_answers(&plane, "wait 5 drained mx/a", ANSWER_OK,
		      "mx/a is drained");
	ck_assert(plane_logged("info dataplane silent -> running"));
}
END_TEST

START_TEST(without_a_data_plane_nothing_is_drained)
{
	plane_expect(&plane, "drain mx/a", true, "generation 3");
	plane_stop_data(&plane);
	plane_answers(&plane, "wait 1 drained mx/a", ANSWER_REFUSED,
		      "not in force: no data plane is running");
}
END_TEST

START_TEST(a_handshake_under_way_may_become_a_session_yet)
{
	plane_expect(&plane, "drain mx/a", true, "generation 3");
	count_of_a()->attempts = 1;
	plane_answers(&plane, "wait 0 drained mx/a", ANSWER_REFUSED,
		      "mx/a is not drained after 0 seconds: 1 handshake under "
		      "way");
	count_of_a()->lapsed = 1;
	plane_answers(&plane, "wait 5 drained mx/a", ANSWER_OK,
		      "mx/a is drained");
}
END_TEST

static void
on_new_session(void *arg)
{
	(void)arg;
	count_of_a()->opened++;
	count_of_a()->closed++;
}

START_TEST(a_backend_to_which_sessions_still_come_is_not_drained)
{
	struct timer *sessions = timer_new(plane.base, on_new_session, NULL);

	plane_expect(&plane, "drain mx/a", true, "generation 3");
	timer_repeat(sessions, 1);
	plane_answers(&plane, "wait 1 drained mx/a", ANSWER_REFUSED,
		      "mx/a is not drained after 1 second: sessions still "
		      "begin");
	timer_free(sessions);
	plane_answers(&plane, "wait 5 drained mx/a", ANSWER_OK,
		      "mx/a is drained");
}
END_TEST

static bool
region_is_let_go(struct plane *p)
{
	return publisher_region(p->control->publisher) == NULL;
}

static bool
other_version_is_seen(struct plane *p)
{
	return publisher_outcome(p->control->publisher).error == EPROTO;
}

START_TEST(the_reason_why_there_is_no_data_plane_is_told)
{
	struct mx_region *other;
	int fd;

	plane_stop_data(&plane);
	mx_region_unlink(plane.instance);
	ck_assert(plane_run_until(&plane, region_is_let_go));
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED,
		      "not in force: the region of the data plane is gone");
	other = mx_region_create(plane.instance, &fd);
	ck_assert_ptr_nonnull(other);
	other->header.abi++;
	ck_assert(plane_run_until(&plane, other_version_is_seen));
	plane_answers(&plane, "ready mx/a", ANSWER_NOTED,
		      "mxsteer-dataplane is of another version");
	plane_answers(&plane, "show workers", ANSWER_REFUSED,
		      "mxsteer-dataplane is of another version");
	mx_region_close(other, fd);
}
END_TEST

static bool
region_is_not_believed(struct plane *p)
{
	return publisher_outcome(p->control->publisher).error == EPERM;
}

START_TEST(a_region_that_cannot_be_mapped_says_nothing_of_its_data_plane)
{
	struct mx_region *other;
	int fd;

	plane_stop_data(&plane);
	mx_region_unlink(plane.instance);
	ck_assert(plane_run_until(&plane, region_is_let_go));
	other = mx_region_create(plane.instance, &fd);
	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(fchmod(fd, 0666), 0);
	ck_assert(plane_run_until(&plane, region_is_not_believed));
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "\ndata plane: unseen: the region of the data plane "
		      "cannot be mapped: it belongs to another user, or");
	plane_answers(&plane, "show generation", ANSWER_OK,
		      "data plane is         unseen");
	mx_region_close(other, fd);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("inforce");
	TCase *t = tcase_create("inforce");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t,
		       a_ready_backend_is_not_drained_though_it_has_no_session);
	tcase_add_test(t,
		       a_backend_is_not_drained_by_a_plan_that_is_not_in_force);
	tcase_add_test(
		t,
		a_region_that_cannot_be_mapped_says_nothing_of_its_data_plane);
	tcase_add_test(t, lookup_says_that_its_plan_is_not_in_force);
	tcase_add_test(t, a_frozen_data_plane_drains_nothing);
	tcase_add_test(t, a_handshake_under_way_may_become_a_session_yet);
	tcase_add_test(t, without_a_data_plane_nothing_is_drained);
	tcase_add_test(t,
		       a_backend_to_which_sessions_still_come_is_not_drained);
	tcase_add_test(t, the_reason_why_there_is_no_data_plane_is_told);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
