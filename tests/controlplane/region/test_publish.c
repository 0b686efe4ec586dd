/* SPDX-License-Identifier: BSD-3-Clause */
/* A change on its way into the region.
 * Method: the whole control plane on a real region, with probes and a data
 * plane that the test controls. */
#include <string.h>

#include "applyfirst.h"
#include "clock.h"
#include "faketime.h"
#include "publishrig.h"
#include "runner.h"
#include "sweep.h"

START_TEST(the_first_plan_passes_the_check_and_serves_nobody)
{
	publishrig_start();
	ck_assert_uint_eq(publishrig_generation(), 1);
	ck_assert_int_eq(
		mx_plan_check(publishrig_plan(), MX_PLAN_SIZE_MAX, 1, 1),
		MX_PLAN_OK);
	ck_assert_uint_eq(publishrig_slots(MX_BACKEND_NONE), MX_PICK_SLOTS);
	ck_assert(publishrig_plan()->backend[2].used);
	ck_assert(!publishrig_plan()->backend[2].serves);
	ck_assert(!publishrig_plan()->backend[3].used);
	ck_assert_uint_eq(publishrig_plan()->service[0].idle_s, 900);
	ck_assert_uint_eq(publishrig_plan()->service[0].half_open_s, 30);
	ck_assert_uint_eq(publishrig_plan()->service[0].greeting_s, 330);
	ck_assert_uint_eq(publishrig_plan()->service[0].closing_s, 120);
	ck_assert_uint_eq(publishrig_plan()->snats, 1);
	ck_assert_uint_eq(publishrig_plan()->owned.count, 5);
	ck_assert(plane_logged(
		"error pool mx serving -> EMPTY, no usable backend"));
}
END_TEST

START_TEST(a_result_becomes_a_generation)
{
	publishrig_start();
	plane_forget_log();
	fakeprobe_result("192.0.2.12:25", true);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 2);
	ck_assert_uint_eq(publishrig_slots(2), MX_PICK_SLOTS);
	ck_assert(publishrig_plan()->backend[2].serves);
	ck_assert(plane_logged("info backend mx/b down -> up, ok: what the "
			       "?[31m server said, 12 ms"));
	ck_assert(plane_logged("generation 1 -> 2, adopted by 2 workers"));
	ck_assert(plane_logged("info pool mx EMPTY -> serving"));
}
END_TEST

START_TEST(results_of_one_turn_are_one_generation)
{
	publishrig_start();
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 2);
	ck_assert_uint_eq(publishrig_slots(1) + publishrig_slots(2),
			  MX_PICK_SLOTS);
}
END_TEST

#define MANY 50
#define MANY_PAUSE_MS 10

START_TEST(a_pool_that_comes_up_is_few_generations)
{
	char backends[MANY * 64] = "", address[32];

	for (int i = 0; i < MANY; i++)
		snprintf(backends + strlen(backends),
			 sizeof(backends) - strlen(backends),
			 "      - {name: m%d, address: \"192.0.2.%d:25\"}\n", i,
			 i + 1);
	plane_write_config(&plane, "c.yaml", backends);
	publishrig_start();
	const uint64_t before = publishrig_generation();
	publishrig_run();
	for (int i = 0; i < MANY; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d:25", i + 1);
		fakeprobe_result(address, true);
		plane_run(&plane, MANY_PAUSE_MS);
		/* The first change does not wait for a pause. */
		ck_assert(i > 0 || publishrig_generation() == before + 1);
	}
	publishrig_run();
	ck_assert_uint_le(publishrig_generation() - before,
			  2 + MANY * MANY_PAUSE_MS / 100);
	for (uint16_t id = 1; id <= MANY; id++)
		ck_assert(publishrig_plan()->backend[id].serves);
}
END_TEST

START_TEST(what_changes_nothing_is_not_published)
{
	publishrig_start();
	fakeprobe_result("192.0.2.11:25", false);
	control_changed(plane.control);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 1);
}
END_TEST

START_TEST(a_plan_on_its_way_is_waited_for)
{
	publishrig_start();
	plane.silent = true;
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	fakeprobe_result("192.0.2.12:25", true);
	publishrig_run();
	fakeprobe_result("192.0.2.11:25", false);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 2);
	plane.silent = false;
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 3);
	ck_assert_uint_eq(publishrig_slots(2), MX_PICK_SLOTS);
}
END_TEST

static bool
published_more(struct plane *p)
{
	return atomic_load(&p->region->generation) >= 3;
}

START_TEST(an_overdue_ack_does_not_hold_up_the_next_plan)
{
	publishrig_start();
	plane.silent = true;
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	fakeprobe_result("192.0.2.12:25", true);
	ck_assert(plane_run_until(&plane, published_more));
	ck_assert(plane_logged("warn generation 2 not taken up"));
}
END_TEST

START_TEST(a_refused_plan_is_reported)
{
	publishrig_start();
	plane.fault = MX_PLAN_BAD_VIP;
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	ck_assert(plane_logged("error generation 2 refused by the data plane, "
			       "an owned address has an impossible meaning; "
			       "1 stays in force"));
}
END_TEST

START_TEST(a_retired_backend_stays_in_the_plan_and_takes_nothing)
{
	struct mx_config_errors errors = {0};

	publishrig_start();
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	plane_write_config(
		&plane, "c.yaml",
		"      - {name: b, address: \"192.0.2.12:25\", weight: 100}\n");
	ck_assert_int_eq(
		apply_first(&plane.control->applier, plane.config, &errors), 0);
	publishrig_run();
	ck_assert(publishrig_plan()->backend[1].used);
	ck_assert(!publishrig_plan()->backend[1].serves);
	ck_assert_uint_eq(publishrig_slots(1), 0);
	ck_assert_uint_eq(publishrig_slots(2), MX_PICK_SLOTS);
	ck_assert_uint_eq(fakeprobe_count(), 1);
}
END_TEST

/* The calendar may be set back meanwhile: then the rest begins anew. */
START_TEST(a_backend_rests_for_a_quarter_of_an_hour)
{
	struct mx_config_errors errors = {0};

	plane.ack_ms = 100;
	publishrig_start();
	plane_write_config(&plane, "c.yaml",
			   "      - {name: b, address: \"192.0.2.12:25\"}\n");
	ck_assert_int_eq(
		apply_first(&plane.control->applier, plane.config, &errors), 0);
	if (_i == 1) {
		plane_run(&plane, STATE_RETIRED_S * 1000 / 2);
		faketime_shift_wall(-24 * 3600);
		plane_run(&plane, SWEEP_S * 1000);
	}
	plane_run(&plane, (STATE_RETIRED_S - SWEEP_S) * 1000);
	ck_assert(publishrig_plan()->backend[1].used);
	plane_run(&plane, 2 * SWEEP_S * 1000);
	ck_assert(!publishrig_plan()->backend[1].used);
	ck_assert(publishrig_plan()->backend[2].used);
}
END_TEST

static void
sweep(void)
{
	plane_run(&plane, SWEEP_S * 1000);
}

START_TEST(a_data_plane_without_room_is_given_no_retired_ipv6)
{
	struct mx_config_errors errors = {0};

	plane_write_config(&plane, "c.yaml",
			   "      - {name: a, address: \"192.0.2.11:25\"}\n");
	publishrig_start();
	plane.region->header.ipv6 = 1;
	plane.control->state->backend[2] = (struct backend){
		.used = true,
		.retired = true,
		.retired_since_s = clock_wall_s(),
		.pool = "mx",
		.name = "b",
		.address = {.addr = {{0x20, 0x01}}, .port_be = 25}};
	ck_assert_int_eq(
		apply_first(&plane.control->applier, plane.config, &errors), 0);
	sweep();
	ck_assert(publishrig_plan()->ipv6 &&
		  publishrig_plan()->backend[2].used);
	plane.region->header.ipv6 = 0;
	sweep();
	ck_assert(!publishrig_plan()->ipv6 &&
		  !publishrig_plan()->backend[2].used);
}
END_TEST

static void
look_at_ports(void)
{
	portcheck_look(&plane.control->sweep.portcheck,
		       plane.control->publisher, plane.control->state,
		       plane.control->applier.path);
}

START_TEST(a_data_plane_with_other_ports_is_reported_once)
{
	publishrig_start();
	look_at_ports();
	ck_assert(!plane_logged("other ports"));
	strcpy(plane.region->header.port[0].interface, "eth7");
	look_at_ports();
	ck_assert(plane_logged("error dataplane runs with other ports"));
	plane_forget_log();
	look_at_ports();
	ck_assert(!plane_logged("other ports"));
	strcpy(plane.region->header.port[0].interface, "lo");
	look_at_ports();
	plane.region->header.port[0].vlan = 42;
	look_at_ports();
	ck_assert(plane_logged("error dataplane runs with other ports"));
}
END_TEST

START_TEST(same_state_same_plan_whatever_was_built_before)
{
	publishrig_start();
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	fakeprobe_result("192.0.2.12:25", true);
	publishrig_run();
	struct builder *fresh = builder_new();
	const struct mx_plan *plan = builder_run(fresh, plane.control->state);
	ck_assert(plan_same(plan, publishrig_plan()));
	builder_free(fresh);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("publish");
	TCase *t = tcase_create("publish");

	tcase_add_checked_fixture(t, publishrig_setup, publishrig_teardown);
	tcase_add_test(t, the_first_plan_passes_the_check_and_serves_nobody);
	tcase_add_test(t, a_result_becomes_a_generation);
	tcase_add_test(t, results_of_one_turn_are_one_generation);
	tcase_add_test(t, a_pool_that_comes_up_is_few_generations);
	tcase_add_test(t, what_changes_nothing_is_not_published);
	tcase_add_test(t, a_plan_on_its_way_is_waited_for);
	tcase_add_test(t, an_overdue_ack_does_not_hold_up_the_next_plan);
	tcase_add_test(t, a_refused_plan_is_reported);
	tcase_add_test(t,
		       a_retired_backend_stays_in_the_plan_and_takes_nothing);
	tcase_add_loop_test(t, a_backend_rests_for_a_quarter_of_an_hour, 0, 2);
	tcase_add_test(t, a_data_plane_without_room_is_given_no_retired_ipv6);
	tcase_add_test(t, a_data_plane_with_other_ports_is_reported_once);
	tcase_add_test(t, same_state_same_plan_whatever_was_built_before);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
