/* SPDX-License-Identifier: BSD-3-Clause */
/* A change on its way into the region.
 * Method: the whole control plane on a real region, with probes and a data
 * plane that the test controls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "faketime.h"
#include "plane.h"
#include "regionfile.h"
#include "runner.h"
#include "sweep.h"

static struct plane plane;

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
}

static void
teardown(void)
{
	plane_close(&plane);
}

static void
start_both(void)
{
	plane_start_data(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

static uint64_t
generation(void)
{
	return atomic_load(&plane.region->generation);
}

static const struct mx_plan *
published(void)
{
	return mx_region_slot(plane.region, generation());
}

static uint32_t
slots_of(uint16_t id)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MX_PICK_SLOTS; i++)
		count += published()->pick[0].slot[i] == id;
	return count;
}

/* Some turns of the loop, in which nothing should happen. */
static void
let_it_run(void)
{
	plane_run(&plane, 300);
}

START_TEST(the_first_plan_passes_the_check_and_serves_nobody)
{
	start_both();
	ck_assert_uint_eq(generation(), 1);
	ck_assert_int_eq(mx_plan_check(published(), MX_PLAN_SIZE_MAX, 1, 1),
			 MX_PLAN_OK);
	ck_assert_uint_eq(slots_of(MX_BACKEND_NONE), MX_PICK_SLOTS);
	ck_assert(published()->backend[2].used);
	ck_assert(!published()->backend[2].serves);
	ck_assert(!published()->backend[3].used);
	ck_assert_uint_eq(published()->service[0].idle_s, 900);
	ck_assert_uint_eq(published()->service[0].half_open_s, 30);
	ck_assert_uint_eq(published()->service[0].greeting_s, 330);
	ck_assert_uint_eq(published()->service[0].closing_s, 120);
	ck_assert_uint_eq(published()->snats, 1);
	ck_assert_uint_eq(published()->vips.count, 5);
	ck_assert(plane_logged("error pool mx has no usable backend"));
}
END_TEST

START_TEST(a_result_becomes_a_generation)
{
	start_both();
	plane_forget_log();
	fakeprobe_result("192.0.2.12:25", true);
	let_it_run();
	ck_assert_uint_eq(generation(), 2);
	ck_assert_uint_eq(slots_of(2), MX_PICK_SLOTS);
	ck_assert(published()->backend[2].serves);
	ck_assert(plane_logged("info backend mx/b down -> up, ok: what the "
			       "?[31m server said, 12 ms"));
	ck_assert(plane_logged("generation 1 -> 2, adopted by 2 workers"));
	ck_assert(plane_logged("pool mx has a usable backend again"));
}
END_TEST

START_TEST(results_of_one_turn_are_one_generation)
{
	start_both();
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	let_it_run();
	ck_assert_uint_eq(generation(), 2);
	ck_assert_uint_eq(slots_of(1) + slots_of(2), MX_PICK_SLOTS);
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
	start_both();
	const uint64_t before = generation();
	let_it_run();
	for (int i = 0; i < MANY; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d:25", i + 1);
		fakeprobe_result(address, true);
		plane_run(&plane, MANY_PAUSE_MS);
		/* The first change does not wait for a pause. */
		ck_assert(i > 0 || generation() == before + 1);
	}
	let_it_run();
	ck_assert_uint_le(generation() - before,
			  2 + MANY * MANY_PAUSE_MS / 100);
	for (uint16_t id = 1; id <= MANY; id++)
		ck_assert(published()->backend[id].serves);
}
END_TEST

START_TEST(what_changes_nothing_is_not_published)
{
	start_both();
	fakeprobe_result("192.0.2.11:25", false);
	control_changed(plane.control);
	let_it_run();
	ck_assert_uint_eq(generation(), 1);
}
END_TEST

START_TEST(a_plan_on_its_way_is_waited_for)
{
	start_both();
	plane.silent = true;
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	fakeprobe_result("192.0.2.12:25", true);
	let_it_run();
	fakeprobe_result("192.0.2.11:25", false);
	let_it_run();
	ck_assert_uint_eq(generation(), 2);
	plane.silent = false;
	let_it_run();
	ck_assert_uint_eq(generation(), 3);
	ck_assert_uint_eq(slots_of(2), MX_PICK_SLOTS);
}
END_TEST

static bool
published_more(struct plane *p)
{
	return atomic_load(&p->region->generation) >= 3;
}

START_TEST(an_overdue_ack_does_not_hold_up_the_next_plan)
{
	start_both();
	plane.silent = true;
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	fakeprobe_result("192.0.2.12:25", true);
	ck_assert(plane_run_until(&plane, published_more));
	ck_assert(plane_logged("warn generation 2 not taken up"));
}
END_TEST

START_TEST(a_refused_plan_is_reported)
{
	start_both();
	plane.fault = MX_PLAN_BAD_VIP;
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	ck_assert(plane_logged("error generation 2 refused by the data plane, "
			       "an owned address has an impossible meaning; "
			       "1 stays in force"));
}
END_TEST

START_TEST(a_restart_publishes_nothing)
{
	start_both();
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	ck_assert_uint_eq(generation(), 2);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	let_it_run();
	ck_assert_uint_eq(generation(), 2);
	fakeprobe_result("192.0.2.11:25", false);
	let_it_run();
	ck_assert_uint_eq(generation(), 3);
}
END_TEST

START_TEST(a_next_hop_is_taken_from_the_plan_in_force)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};

	plane_start_data(&plane);
	plane_start_control(&plane);
	/* As a control plane before it would have published. */
	const struct nexthop hop = {.known = true,
				    .interface = "lo",
				    .mac = {2, 0, 0, 0, 0, 7},
				    .mtu = 1400};
	nexthops_seed(plane.control->hops, 1, &hop);
	let_it_run();
	ck_assert_mem_eq(published()->backend[1].mac, mac, sizeof(mac));
	ck_assert(published()->backend[1].resolved);
	const uint64_t before = generation();
	plane_stop_control(&plane);
	plane_start_control(&plane);
	let_it_run();
	ck_assert_uint_eq(generation(), before);
	ck_assert_mem_eq(published()->backend[1].mac, mac, sizeof(mac));
	ck_assert_uint_eq(published()->backend[1].mtu, 1400);
}
END_TEST

START_TEST(what_was_ended_is_taken_from_the_plan_in_force)
{
	bool ok;

	start_both();
	free(plane_ask(&plane, "end sessions mx/b", &ok));
	ck_assert(ok);
	const uint32_t ended_s = published()->backend[2].ended_s;
	ck_assert_uint_gt(ended_s, 0);
	ck_assert_uint_eq(published()->backend[1].ended_s, 0);
	const uint64_t before = generation();
	plane_stop_control(&plane);
	plane_start_control(&plane);
	let_it_run();
	ck_assert_uint_eq(generation(), before);
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	ck_assert_uint_eq(generation(), before + 1);
	ck_assert_uint_eq(published()->backend[2].ended_s, ended_s);
}
END_TEST

START_TEST(what_was_ended_is_not_of_another_backend)
{
	bool ok;

	start_both();
	free(plane_ask(&plane, "end sessions mx/b", &ok));
	ck_assert_uint_gt(published()->backend[2].ended_s, 0);
	plane_stop_control(&plane);
	/* Without its file the state gives the id to another one. */
	char command[128];
	snprintf(command, sizeof(command), "rm %s/*.json", plane.folder);
	ck_assert_int_eq(system(command), 0);
	plane_write_config(&plane, "c.yaml",
			   "      - {name: a, address: \"192.0.2.11:25\"}\n"
			   "      - {name: c, address: \"192.0.2.13:25\"}\n");
	plane_start_control(&plane);
	let_it_run();
	ck_assert_uint_eq(published()->backend[2].ended_s, 0);
}
END_TEST

START_TEST(without_a_data_plane_it_waits_and_attaches)
{
	plane_start_control(&plane);
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	plane_start_data(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(generation(), 1);
	ck_assert_uint_eq(slots_of(1), MX_PICK_SLOTS);
}
END_TEST

START_TEST(a_region_under_the_same_name_is_attached_anew)
{
	start_both();
	plane_stop_data(&plane);
	ck_assert_int_eq(mx_region_unlink(plane.instance), 0);
	plane_start_data(&plane);
	ck_assert_uint_eq(generation(), 0);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(generation(), 1);
}
END_TEST

START_TEST(a_region_that_is_written_anew_is_shared_all_the_time)
{
	start_both();
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	const uint64_t before = generation();
	plane_forget_log();
	ck_assert_int_eq(mx_region_unlink(plane.instance), 0);
	let_it_run();
	/* The data plane has not noticed yet. */
	plane_expect(&plane, "drain mx/a", true, "");
	ck_assert_uint_gt(generation(), before);
	const uint64_t drained = generation();
	ck_assert_int_eq(mx_region_rewrite(plane.instance, plane.region,
					   &plane.region_fd),
			 0);
	let_it_run();
	plane_expect(&plane, "ready mx/a", true, "");
	ck_assert_uint_gt(generation(), drained);
	ck_assert(!plane_logged("stopped"));
}
END_TEST

START_TEST(a_plan_that_makes_no_sense_is_published_over)
{
	start_both();
	plane_stop_control(&plane);
	((struct mx_plan *)(uintptr_t)published())->pool[0].hash_input ^= 1;
	plane_start_control(&plane);
	let_it_run();
	ck_assert_uint_eq(generation(), 2);
	ck_assert_int_eq(mx_plan_check(published(), MX_PLAN_SIZE_MAX, 2, 1),
			 MX_PLAN_OK);
}
END_TEST

START_TEST(a_resting_backend_stays_in_the_plan_and_takes_nothing)
{
	struct mx_config_errors errors = {0};

	start_both();
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	plane_write_config(
		&plane, "c.yaml",
		"      - {name: b, address: \"192.0.2.12:25\", weight: 100}\n");
	ck_assert_int_eq(
		apply_file(&plane.control->applier, plane.config, &errors), 0);
	let_it_run();
	ck_assert(published()->backend[1].used);
	ck_assert(!published()->backend[1].serves);
	ck_assert_uint_eq(slots_of(1), 0);
	ck_assert_uint_eq(slots_of(2), MX_PICK_SLOTS);
	ck_assert_uint_eq(fakeprobe_count(), 1);
}
END_TEST

/* The calendar may be set back meanwhile: then the rest begins anew. */
START_TEST(a_backend_rests_for_a_quarter_of_an_hour)
{
	struct mx_config_errors errors = {0};

	plane.ack_ms = 100;
	start_both();
	plane_write_config(&plane, "c.yaml",
			   "      - {name: b, address: \"192.0.2.12:25\"}\n");
	ck_assert_int_eq(
		apply_file(&plane.control->applier, plane.config, &errors), 0);
	if (_i == 1) {
		plane_run(&plane, STATE_REST_S * 1000 / 2);
		faketime_shift_wall(-24 * 3600);
		plane_run(&plane, SWEEP_S * 1000);
	}
	plane_run(&plane, (STATE_REST_S - SWEEP_S) * 1000);
	ck_assert(published()->backend[1].used);
	plane_run(&plane, 2 * SWEEP_S * 1000);
	ck_assert(!published()->backend[1].used);
	ck_assert(published()->backend[2].used);
}
END_TEST

static void
sweep(void)
{
	plane_run(&plane, SWEEP_S * 1000);
}

START_TEST(a_data_plane_without_room_is_given_no_resting_ipv6)
{
	struct mx_config_errors errors = {0};

	plane_write_config(&plane, "c.yaml",
			   "      - {name: a, address: \"192.0.2.11:25\"}\n");
	start_both();
	plane.region->header.ipv6 = 1;
	plane.control->state->backend[2] = (struct backend){
		.used = true,
		.resting = true,
		.resting_since_s = clock_wall_s(),
		.pool = "mx",
		.name = "b",
		.address = {.addr = {{0x20, 0x01}}, .port_be = 25}};
	ck_assert_int_eq(
		apply_file(&plane.control->applier, plane.config, &errors), 0);
	sweep();
	ck_assert(published()->ipv6 && published()->backend[2].used);
	plane.region->header.ipv6 = 0;
	sweep();
	ck_assert(!published()->ipv6 && !published()->backend[2].used);
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
	start_both();
	look_at_ports();
	ck_assert(!plane_logged("other ports"));
	strcpy(plane.region->header.port[0].interface, "eth7");
	look_at_ports();
	ck_assert(plane_logged("error the data plane runs with other ports"));
	plane_forget_log();
	look_at_ports();
	ck_assert(!plane_logged("other ports"));
}
END_TEST

START_TEST(same_state_same_plan_whatever_was_built_before)
{
	start_both();
	fakeprobe_result("192.0.2.11:25", true);
	let_it_run();
	fakeprobe_result("192.0.2.12:25", true);
	let_it_run();
	struct builder *fresh = builder_new();
	const struct mx_plan *plan = builder_run(fresh, plane.control->state);
	ck_assert(plan_same(plan, published()));
	builder_free(fresh);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("publish");
	TCase *t = tcase_create("publish");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_first_plan_passes_the_check_and_serves_nobody);
	tcase_add_test(t, a_result_becomes_a_generation);
	tcase_add_test(t, results_of_one_turn_are_one_generation);
	tcase_add_test(t, a_pool_that_comes_up_is_few_generations);
	tcase_add_test(t, what_changes_nothing_is_not_published);
	tcase_add_test(t, a_plan_on_its_way_is_waited_for);
	tcase_add_test(t, an_overdue_ack_does_not_hold_up_the_next_plan);
	tcase_add_test(t, a_refused_plan_is_reported);
	tcase_add_test(t, a_restart_publishes_nothing);
	tcase_add_test(t, a_next_hop_is_taken_from_the_plan_in_force);
	tcase_add_test(t, what_was_ended_is_taken_from_the_plan_in_force);
	tcase_add_test(t, what_was_ended_is_not_of_another_backend);
	tcase_add_test(t, without_a_data_plane_it_waits_and_attaches);
	tcase_add_test(t, a_region_under_the_same_name_is_attached_anew);
	tcase_add_test(t, a_region_that_is_written_anew_is_shared_all_the_time);
	tcase_add_test(t, a_plan_that_makes_no_sense_is_published_over);
	tcase_add_test(t,
		       a_resting_backend_stays_in_the_plan_and_takes_nothing);
	tcase_add_loop_test(t, a_backend_rests_for_a_quarter_of_an_hour, 0, 2);
	tcase_add_test(t, a_data_plane_without_room_is_given_no_resting_ipv6);
	tcase_add_test(t, a_data_plane_with_other_ports_is_reported_once);
	tcase_add_test(t, same_state_same_plan_whatever_was_built_before);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
