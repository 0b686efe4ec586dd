/* SPDX-License-Identifier: BSD-3-Clause */
/* Slow start, as the data plane sees it: the shares in its plans, and how many
 * plans there are.
 * Method: the whole control plane on a real region; the clock and the results
 * of probes are the test's. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "plane.h"
#include "runner.h"

#define B_ADDRESS "192.0.2.12:25"

static const char pools[] =
	"services:\n"
	"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx,\n"
	"     forward: nat}\n"
	"pools:\n"
	"  - name: mx\n"
	"    slow-start: 30s\n"
	"    check: {rise: 1, fall: 1}\n"
	"    backends:\n"
	"      - {name: a, address: \"192.0.2.11:25\", weight: 1}\n"
	"      - {name: b, address: \"192.0.2.12:25\", weight: 1}\n";

static struct plane plane;

static uint64_t
generation(void)
{
	return atomic_load(&plane.region->generation);
}

/* The percent of new sessions that backend b gets. */
static double
share_of_b(void)
{
	const struct mx_plan *plan = mx_region_slot(plane.region, generation());
	uint32_t slots = 0;

	for (uint32_t i = 0; i < MX_PICK_SLOTS; i++)
		slots += plan->pick[0].slot[i] == 2;
	return 100.0 * slots / MX_PICK_SLOTS;
}

/* What it should be, so many seconds after b came up beside a whole a. */
static double
wanted(int seconds)
{
	const double part = seconds >= 30 ? 100 : 10 + 90 * seconds / 30;

	return 100 * part / (100 + part);
}

static void
setup(void)
{
	plane_open(&plane, "");
	plane_write_rest(&plane, "c.yaml", pools);
	plane_start_data(&plane);
	plane_start_control(&plane);
	plane_seed_hops(&plane);
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result(B_ADDRESS, true);
	plane_run(&plane, 40 * 1000);
}

static void
teardown(void)
{
	plane_close(&plane);
}

/* The share follows the ramp, with a plan a second at most. */
static void
check_ramp(void)
{
	for (int s = 0; s <= 40; s++) {
		const uint64_t before = generation();

		plane_run(&plane, 1000);
		ck_assert_uint_le(generation() - before, s < 32 ? 1 : 0);
		/* The step is seen within the second after it. */
		ck_assert_double_ge(share_of_b(), wanted(s - 1) - 0.6);
		ck_assert_double_le(share_of_b(), wanted(s + 1) + 0.6);
	}
	ck_assert_double_eq_tol(share_of_b(), 50, 0.1);
}

START_TEST(backends_that_come_up_together_share_as_their_weights_say)
{
	ck_assert_double_eq_tol(share_of_b(), 50, 0.1);
	/* Equal steps change no share, so they make no plan. */
	ck_assert_uint_le(generation(), 4);
}
END_TEST

START_TEST(a_backend_that_comes_up_again_starts_slowly)
{
	fakeprobe_result(B_ADDRESS, false);
	plane_run(&plane, 1000);
	ck_assert_double_eq(share_of_b(), 0);
	fakeprobe_result(B_ADDRESS, true);
	plane_run(&plane, 200);
	ck_assert_double_eq_tol(share_of_b(), wanted(0), 0.6);
	plane_expect(&plane, "show backends", true,
		     "serving, slow start, 10 % of its weight");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *row = plane_row(data, "backends", 1);
	ck_assert_int_eq(plane_number(json_object_get(row, "factors"), "ramp"),
			 10);
	json_decref(data);
	plane_expect(&plane, "show pools", true, "ok");
	check_ramp();
	data = plane_json(&plane, "-j show backends");
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 1), "reason"),
			 "serving");
	json_decref(data);
}
END_TEST

START_TEST(so_does_one_that_no_longer_says_try_later)
{
	fakeprobe_end(B_ADDRESS, REASON_BANNER_LATER);
	plane_run(&plane, 1000);
	ck_assert_double_eq(share_of_b(), 0);
	fakeprobe_result(B_ADDRESS, true);
	plane_run(&plane, 200);
	ck_assert_double_eq_tol(share_of_b(), wanted(0), 0.6);
	check_ramp();
}
END_TEST

START_TEST(one_that_comes_back_from_drain_does_not)
{
	plane_expect(&plane, "drain mx/b", true, "");
	plane_run(&plane, 1000);
	ck_assert_double_eq(share_of_b(), 0);
	plane_expect(&plane, "ready mx/b", true, "");
	ck_assert_double_eq_tol(share_of_b(), 50, 0.1);
}
END_TEST

START_TEST(nor_does_one_that_was_up_before_a_restart)
{
	plane_stop_control(&plane);
	plane_start_control(&plane);
	plane_seed_hops(&plane);
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result(B_ADDRESS, true);
	plane_run(&plane, 1000);
	ck_assert_double_eq_tol(share_of_b(), 50, 0.1);
}
END_TEST

START_TEST(alone_it_serves_at_once)
{
	fakeprobe_result(B_ADDRESS, false);
	plane_run(&plane, 1000);
	plane_expect(&plane, "drain mx/a --even-last", true, "");
	fakeprobe_result(B_ADDRESS, true);
	plane_run(&plane, 200);
	ck_assert_double_eq(share_of_b(), 100);
	const uint64_t before = generation();
	plane_run(&plane, 40 * 1000);
	ck_assert_uint_eq(generation(), before);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("slowstart");
	TCase *t = tcase_create("slowstart");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(
		t, backends_that_come_up_together_share_as_their_weights_say);
	tcase_add_test(t, a_backend_that_comes_up_again_starts_slowly);
	tcase_add_test(t, so_does_one_that_no_longer_says_try_later);
	tcase_add_test(t, one_that_comes_back_from_drain_does_not);
	tcase_add_test(t, nor_does_one_that_was_up_before_a_restart);
	tcase_add_test(t, alone_it_serves_at_once);
	suite_add_tcase(s, t);
	return s;
}
