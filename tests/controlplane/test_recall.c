/* SPDX-License-Identifier: BSD-3-Clause */
/* What a control plane takes from the plan in force when it starts again.
 * Method: the whole control plane on a real region, with probes and a data
 * plane that the test controls. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publishrig.h"
#include "runner.h"

START_TEST(a_restart_publishes_nothing)
{
	publishrig_start();
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 2);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 2);
	fakeprobe_result("192.0.2.11:25", false);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), 3);
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
	publishrig_run();
	ck_assert_mem_eq(publishrig_plan()->backend[1].mac, mac, sizeof(mac));
	ck_assert(publishrig_plan()->backend[1].resolved);
	const uint64_t before = publishrig_generation();
	plane_stop_control(&plane);
	plane_start_control(&plane);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), before);
	ck_assert_mem_eq(publishrig_plan()->backend[1].mac, mac, sizeof(mac));
	ck_assert_uint_eq(publishrig_plan()->backend[1].mtu, 1400);
}
END_TEST

START_TEST(what_was_ended_is_taken_from_the_plan_in_force)
{
	bool ok;

	publishrig_start();
	free(plane_ask(&plane, "end sessions mx/b", &ok));
	ck_assert(ok);
	const uint32_t ended_s = publishrig_plan()->backend[2].ended_s;
	ck_assert_uint_gt(ended_s, 0);
	ck_assert_uint_eq(publishrig_plan()->backend[1].ended_s, 0);
	const uint64_t before = publishrig_generation();
	plane_stop_control(&plane);
	plane_start_control(&plane);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), before);
	fakeprobe_result("192.0.2.11:25", true);
	publishrig_run();
	ck_assert_uint_eq(publishrig_generation(), before + 1);
	ck_assert_uint_eq(publishrig_plan()->backend[2].ended_s, ended_s);
}
END_TEST

START_TEST(what_was_ended_is_not_of_another_backend)
{
	bool ok;

	publishrig_start();
	free(plane_ask(&plane, "end sessions mx/b", &ok));
	ck_assert_uint_gt(publishrig_plan()->backend[2].ended_s, 0);
	plane_stop_control(&plane);
	/* Without its file the state gives the id to another one. */
	char command[128];
	snprintf(command, sizeof(command), "rm %s/*.json", plane.folder);
	ck_assert_int_eq(system(command), 0);
	plane_write_config(&plane, "c.yaml",
			   "      - {name: a, address: \"192.0.2.11:25\"}\n"
			   "      - {name: c, address: \"192.0.2.13:25\"}\n");
	plane_start_control(&plane);
	publishrig_run();
	ck_assert_uint_eq(publishrig_plan()->backend[2].ended_s, 0);
}
END_TEST

/* A newer mxsteer, or a person, may read it. */
START_TEST(a_history_that_cannot_be_read_is_kept_aside)
{
	char path[PATH_MAX], aside[PATH_MAX + 8], text[16] = "";

	publishrig_start();
	strcpy(path, plane.control->history.path);
	plane_stop_control(&plane);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("from later", file);
	fclose(file);
	plane_start_control(&plane);
	publishrig_run();
	ck_assert(plane_logged("; the file is kept as "));
	snprintf(aside, sizeof(aside), "%s.unread", path);
	file = fopen(aside, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "from later");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("recall");
	TCase *t = tcase_create("recall");

	tcase_add_checked_fixture(t, publishrig_setup, publishrig_teardown);
	tcase_add_test(t, a_restart_publishes_nothing);
	tcase_add_test(t, a_next_hop_is_taken_from_the_plan_in_force);
	tcase_add_test(t, what_was_ended_is_taken_from_the_plan_in_force);
	tcase_add_test(t, what_was_ended_is_not_of_another_backend);
	tcase_add_test(t, a_history_that_cannot_be_read_is_kept_aside);
	suite_add_tcase(s, t);
	return s;
}
