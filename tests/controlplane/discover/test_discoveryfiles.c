/* SPDX-License-Identifier: BSD-3-Clause */
/* A pool whose backends DNS names, when the configuration changes or the control
 * plane starts again.
 * Method: as test_discovery.c. */
#include <arpa/nameser.h>
#include <stdio.h>

#include "discoveryrig.h"
#include "runner.h"

START_TEST(a_restart_while_dns_fails_has_the_last_good_answer)
{
	discoveryrig_start();
	const uint16_t id =
		state_find(plane.control->state, "mx/mx2_192.0.2.12");
	ck_assert_uint_ne(id, MX_BACKEND_NONE);
	fakeprobe_result("192.0.2.12:25", true);
	plane_run(&plane, 1000);
	plane_stop_control(&plane);
	fakeresolver_clear();
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	plane_start_control(&plane);
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
	ck_assert_uint_eq(state_find(plane.control->state, "mx/mx2_192.0.2.12"),
			  id);
	ck_assert(health_serves(&plane.control->state->backend[id].health));
	plane_run(&plane, HELD_MS);
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
}
END_TEST

START_TEST(a_broken_file_of_answers_is_of_no_use)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s.dns.json", plane.folder,
		 plane.instance);
	FILE *file = fopen(path, "w");
	fputs("{\"version\": 1, \"pools\": [{\"pool\": \"mx\", \"mx\": "
	      "\"" DOMAIN "\", \"members\": [{\"host\": \"a\\u001bb\", "
	      "\"address\": \"192.0.2.9\", \"preference\": 1}]}]}",
	      file);
	fclose(file);
	plane_start_control(&plane);
	ck_assert_str_eq(discoveryrig_backends(), "");
	ck_assert(plane_logged("is of no use"));
	plane_run(&plane, FIRST_MS);
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
}
END_TEST

START_TEST(the_file_goes_on_beside_what_dns_names)
{
	discoveryrig_start();
	discoveryrig_write(
		"more.yaml",
		"    discover: {mx: " DOMAIN ", weight: 30}\n"
		"    backends: [{name: own, address: \"192.0.2.9:25\"}]\n");
	discoveryrig_apply("more.yaml", true, "in force");
	ck_assert_str_eq(discoveryrig_backends(),
			 "own mx1_192.0.2.11 mx2_192.0.2.12");
	plane_run(&plane, 200 * 1000);
	discoveryrig_apply("more.yaml", true, "nothing changed");
	ck_assert_str_eq(discoveryrig_backends(),
			 "own mx1_192.0.2.11 mx2_192.0.2.12");
	plane_expect(&plane, "drain mx/mx1_192.0.2.11", true, "generation");
	discoveryrig_write(
		"less.yaml",
		"    backends: [{name: own, address: \"192.0.2.9:25\"}]\n");
	discoveryrig_apply("less.yaml", true, "in force");
	ck_assert_str_eq(discoveryrig_backends(), "own");
	const uint32_t asked = fakeresolver_asked();
	plane_run(&plane, 200 * 1000);
	ck_assert_uint_eq(fakeresolver_asked(), asked);
	discoveryrig_apply("more.yaml", true, "in force");
	plane_run(&plane, FIRST_MS);
	ck_assert_str_eq(discoveryrig_backends(),
			 "own mx1_192.0.2.11 mx2_192.0.2.12");
	plane_expect(&plane, "show backends", true, "drain");
}
END_TEST

START_TEST(a_pool_that_was_static_in_between_begins_without_the_old_answers)
{
	discoveryrig_start();
	discoveryrig_write(
		"static.yaml",
		"    backends: [{name: own, address: \"192.0.2.9:25\"}]\n");
	discoveryrig_apply("static.yaml", true, "in force");
	fakeresolver_clear();
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	if (_i == 1) {
		plane_stop_control(&plane);
		plane_start_control(&plane);
	}
	discoveryrig_write(
		"again.yaml",
		"    discover: {mx: " DOMAIN "}\n"
		"    backends: [{name: own, address: \"192.0.2.9:25\"}]\n");
	discoveryrig_apply("again.yaml", true, "in force");
	ck_assert_str_eq(discoveryrig_backends(), "own");
}
END_TEST

START_TEST(a_refused_file_changes_nothing_of_discovery)
{
	discoveryrig_start();
	discoveryrig_write("bad.yaml",
			   "    discover: {mx: other.test, port: 0}\n");
	discoveryrig_apply("bad.yaml", false, "bad.yaml:");
	plane_run(&plane, 200 * 1000);
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
}
END_TEST

START_TEST(another_domain_replaces_the_members_bit_by_bit)
{
	discoveryrig_start();
	fakeresolver_mx("other.test", 60, 0, "a.other.test");
	fakeresolver_address("a.other.test", 60, "192.0.2.21");
	fakeprobe_result("192.0.2.11:25", true);
	discoveryrig_write("other.yaml", "    discover: {mx: other.test}\n");
	discoveryrig_apply("other.yaml", true, "in force");
	plane_run(&plane, FIRST_MS);
	ck_assert_str_eq(discoveryrig_backends(),
			 "a_192.0.2.21 mx1_192.0.2.11 mx2_192.0.2.12");
	plane_run(&plane, HELD_MS);
	/* The last one that serves stays. */
	ck_assert_str_eq(discoveryrig_backends(),
			 "a_192.0.2.21 mx1_192.0.2.11");
	fakeprobe_result("192.0.2.21:25", true);
	plane_run(&plane, 61 * 1000);
	ck_assert_str_eq(discoveryrig_backends(), "a_192.0.2.21");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("discoveryfiles");
	TCase *t = tcase_create("files");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, discoveryrig_setup, serving_teardown);
	tcase_add_test(t, a_restart_while_dns_fails_has_the_last_good_answer);
	tcase_add_test(t, a_broken_file_of_answers_is_of_no_use);
	tcase_add_test(t, the_file_goes_on_beside_what_dns_names);
	tcase_add_loop_test(
		t,
		a_pool_that_was_static_in_between_begins_without_the_old_answers,
		0, 2);
	tcase_add_test(t, a_refused_file_changes_nothing_of_discovery);
	tcase_add_test(t, another_domain_replaces_the_members_bit_by_bit);
	suite_add_tcase(s, t);
	return s;
}
