/* SPDX-License-Identifier: BSD-3-Clause */
/* The control plane attaches to a region: one that comes later, one that takes
 * the place of another, and one with a damaged plan.
 * Method: the whole control plane on a real region, with probes and a data
 * plane that the test controls. */
#include "publishrig.h"
#include "regionfile.h"
#include "runner.h"

START_TEST(without_a_data_plane_it_waits_and_attaches)
{
	plane_start_control(&plane);
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	plane_start_data(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(publishrig_generation(), 1);
	ck_assert_uint_eq(publishrig_slots(1), MX_PICK_SLOTS);
}
END_TEST

START_TEST(a_region_under_the_same_name_is_attached_anew)
{
	publishrig_start();
	plane_stop_data(&plane);
	ck_assert_int_eq(mx_region_unlink(plane.instance), 0);
	ck_assert_int_eq(mx_plan_unlink(plane.instance), 0);
	plane_start_data(&plane);
	ck_assert_uint_eq(publishrig_generation(), 0);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(publishrig_generation(), 1);
}
END_TEST

START_TEST(a_region_that_is_written_anew_is_shared_all_the_time)
{
	publishrig_start();
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	const uint64_t before = publishrig_generation();
	plane_forget_log();
	ck_assert_int_eq(mx_region_unlink(plane.instance), 0);
	publishrig_run();
	/* The data plane has not noticed yet. */
	plane_expect(&plane, "drain mx/a --even-last", true, "");
	ck_assert_uint_gt(publishrig_generation(), before);
	const uint64_t drained = publishrig_generation();
	ck_assert_int_eq(mx_region_rewrite(plane.instance, plane.region,
					   &plane.region_fd),
			 0);
	publishrig_run();
	plane_expect(&plane, "ready mx/a", true, "");
	ck_assert_uint_gt(publishrig_generation(), drained);
	ck_assert(!plane_logged("stopped"));
}
END_TEST

START_TEST(a_plan_that_makes_no_sense_is_published_over)
{
	publishrig_start();
	plane_stop_control(&plane);
	((struct mx_plan *)(uintptr_t)publishrig_plan())->pool[0].hash_input ^=
		1;
	plane_start_control(&plane);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 2);
	ck_assert_int_eq(
		mx_plan_check(publishrig_plan(), MX_PLAN_SIZE_MAX, 2, 1),
		MX_PLAN_OK);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("attach");
	TCase *t = tcase_create("attach");

	tcase_add_checked_fixture(t, publishrig_setup, publishrig_teardown);
	tcase_add_test(t, without_a_data_plane_it_waits_and_attaches);
	tcase_add_test(t, a_region_under_the_same_name_is_attached_anew);
	tcase_add_test(t, a_region_that_is_written_anew_is_shared_all_the_time);
	tcase_add_test(t, a_plan_that_makes_no_sense_is_published_over);
	suite_add_tcase(s, t);
	return s;
}
