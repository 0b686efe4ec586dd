/* SPDX-License-Identifier: BSD-3-Clause */
/* `status` shows trouble of the data plane: it is gone, refuses a plan or hangs, its
 * tables fill up, a port has no link.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters and heartbeats the test writes. */
#include <string.h>

#include "clock.h"
#include "runner.h"
#include "serving.h"
#include "timer.h"

static void
setup(void)
{
	serving_setup();
	plane_seed_hops(&plane);
}

START_TEST(a_data_plane_that_is_gone_is_critical)
{
	plane_stop_data(&plane);
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  no data plane is running");
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "\ndata plane: stopped\n");
	plane_answers(&plane, "show backends", ANSWER_OK,
		      "This is not in force: no data plane is running.");
	json_t *data = plane_json(&plane, "-j show pools");
	ck_assert(json_is_false(json_object_get(data, "in_force")));
	json_decref(data);
	static const char *const counts[] = {"show sessions", "show drops",
					     "show workers", "show snat"};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		plane_answers(&plane, counts[i], ANSWER_OK,
			      "These are the last counts: no data plane is "
			      "running.");
	plane_answers(&plane, "show generation", ANSWER_OK,
		      "data plane is         stopped");
}
END_TEST

START_TEST(a_refused_plan_is_critical)
{
	plane.fault = MX_PLAN_BAD_BACKEND;
	plane_expect(&plane, "drain mx/a", false, "was refused");
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  what the control plane wants is not in force: "
		      "generation 4 was refused by the data plane");
}
END_TEST

static bool
worker_is_silent(struct plane *p)
{
	(void)p;
	return plane_logged("error worker 1 running -> silent");
}

static bool
main_is_silent(struct plane *p)
{
	return publisher_outcome(p->control->publisher).liveness ==
	       LIVENESS_SILENT;
}

static bool
main_is_running(struct plane *p)
{
	return publisher_outcome(p->control->publisher).running;
}

static void
on_worker(void *arg)
{
	(void)arg;
	atomic_fetch_add(&plane.region->worker[0].heartbeat, 1);
}

START_TEST(a_worker_that_hangs_is_critical)
{
	struct timer *worker = timer_new(plane.base, on_worker, NULL);

	timer_repeat(worker, 10);
	atomic_store(&plane.region->worker[1].heartbeat, 1);
	plane_run_until(&plane, worker_is_silent);
	ck_assert(plane_run_until(&plane, worker_is_silent));
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  worker 1 has not come round for 5 s");
	ck_assert(!plane_logged("worker 0"));
	/* The main thread does not come round either: it waits for the
	 * worker. */
	plane.frozen = true;
	ck_assert(plane_run_until(&plane, main_is_silent));
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  worker 1 has not come round for ");
	plane.frozen = false;
	atomic_fetch_add(&plane.region->worker[1].heartbeat, 1);
	ck_assert(plane_run_until(&plane, main_is_running));
	ck_assert(plane_logged("info worker 1 silent -> running"));
	timer_free(worker);
}
END_TEST

/* The workers say until when they answer SYNs by cookies. */
START_TEST(a_flood_is_shown_while_it_lasts)
{
	uint32_t *until_s = &plane.region->worker[1].cookies_until_s[0];

	*until_s = (uint32_t)clock_s() + 30;
	plane_run(&plane, 2000);
	ck_assert(plane_logged(
		"warn service inbound has SYN cookies on at 1 of "));
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "WARNING   service inbound has more SYNs than it keeps "
		      "in mind: 1 of ");
	json_t *data = plane_json(&plane, "-j show services");
	const json_t *service = plane_row(data, "services", 0);
	ck_assert_str_eq(plane_text(service, "cookies"), "auto");
	ck_assert_int_eq(plane_number(service, "cookies_on"), 1);
	json_decref(data);
	plane_run(&plane, 40000);
	ck_assert(plane_logged(
		"info service inbound has SYN cookies off after "));
	plane_answers(&plane, "status", ANSWER_OK, "OK mxsteer test-");
}
END_TEST

START_TEST(tables_that_fill_up_are_warned_of)
{
	plane.region->header.sessions_max = 1000;
	plane.region->worker[1].slots_used = 450;
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "WARNING   worker 1: 90 % of its session table in use: "
		      "raise sessions-max");
	plane.region->snat[0].address = mx_addr_from4(htonl(0x0a000264));
	atomic_store(&plane.region->snat[0].fullest_percent, 100);
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  snat 10.0.2.100: 100 % of its ports in use: "
		      "add snat addresses");
}
END_TEST

START_TEST(a_port_without_a_link_is_critical)
{
	strcpy(plane.region->header.port[0].name, "lan");
	atomic_store(&plane.region->link[0].state, MX_LINK_DOWN);
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  port lan: the link of lo is down");
	atomic_store(&plane.region->link[0].state, MX_LINK_GONE);
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "CRITICAL  port lan: there is no interface lo");
	atomic_store(&plane.region->link[0].state, MX_LINK_UP);
	plane_answers(&plane, "status", ANSWER_OK, "OK mxsteer");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("statusplane");
	TCase *t = tcase_create("statusplane");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, a_data_plane_that_is_gone_is_critical);
	tcase_add_test(t, a_refused_plan_is_critical);
	tcase_add_test(t, a_worker_that_hangs_is_critical);
	tcase_add_test(t, a_flood_is_shown_while_it_lasts);
	tcase_add_test(t, tables_that_fill_up_are_warned_of);
	tcase_add_test(t, a_port_without_a_link_is_critical);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
