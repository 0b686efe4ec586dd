/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools whose backends DNS names, in a whole control plane.
 * Method: a resolver that answers from a zone of the test (fakeresolver.c),
 * probes that say what the test wants, and a clock that the test moves. */
#include <arpa/nameser.h>
#include <stdio.h>

#include "discoveryrig.h"
#include "runner.h"

START_TEST(a_pool_begins_empty_and_is_filled_by_the_first_answer)
{
	plane_start_control(&plane);
	ck_assert_str_eq(discoveryrig_backends(), "");
	plane_run(&plane, FIRST_MS);
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
	ck_assert(plane_logged("backend mx/mx1_192.0.2.11 joins, "
			       "mx1.example.net (192.0.2.11), preference 10, "
			       "by dns"));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	plane_seed_hops(&plane);
	json_t *data = plane_json(&plane, "-j show backends");
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 0), "reason"),
			 "serving");
	ck_assert_int_eq(plane_number(plane_row(data, "backends", 1), "tier"),
			 20);
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 1), "host"),
			 "mx2.example.net");
	json_decref(data);
}
END_TEST

START_TEST(a_target_that_leaves_the_zone_is_retired_and_no_probe_begins_anew)
{
	discoveryrig_start();
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	const uint32_t started = fakeprobe_started();

	fakeresolver_clear();
	discoveryrig_target(20, "mx2." DOMAIN, "192.0.2.12");
	discoveryrig_target(10, "mx3." DOMAIN, "192.0.2.13");
	plane_run(&plane, 61000); /* the first answer without mx1 */
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx3_192.0.2.13 mx2_192.0.2.12");
	ck_assert_uint_eq(fakeprobe_started(), started + 1);
	plane_run(&plane, 60000); /* the second one */
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx3_192.0.2.13 mx2_192.0.2.12");
	ck_assert(plane_logged("backend mx/mx1_192.0.2.11 leaves"));
	ck_assert_uint_eq(fakeprobe_started(), started + 1);
	plane_expect(&plane, "show retired", true, "mx/mx1_192.0.2.11");
}
END_TEST

START_TEST(failures_hold_what_the_pool_has)
{
	static const int codes[] = {ns_r_servfail, ns_r_refused, ns_r_nxdomain,
				    -1};

	discoveryrig_start();
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		fakeresolver_clear();
		fakeresolver_fail(DOMAIN, codes[i]);
		plane_forget_log();
		plane_run(&plane, HELD_MS);
		ck_assert_str_eq(discoveryrig_backends(),
				 "mx1_192.0.2.11 mx2_192.0.2.12");
		ck_assert(plane_logged("stays as it is, with 2 MTAs by dns"));
	}
	ck_assert_uint_gt(fakeresolver_turn(), 1); /* other servers' turn */
	fakeresolver_clear();
	discoveryrig_target(10, "mx1." DOMAIN, "192.0.2.11");
	plane_run(&plane, 130 * 1000);
	ck_assert(plane_logged("follows DNS again"));
	ck_assert_uint_eq(fakeresolver_turn(), 0);
}
END_TEST

START_TEST(a_null_mx_or_a_vanished_one_holds_too)
{
	discoveryrig_start();
	fakeresolver_clear();
	fakeresolver_mx(DOMAIN, 60, 0, ".");
	plane_run(&plane, HELD_MS);
	ck_assert(plane_logged("null MX"));
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
	fakeresolver_clear();
	fakeresolver_address(DOMAIN, 60, "192.0.2.80"); /* the web server */
	plane_run(&plane, HELD_MS);
	ck_assert(plane_logged("no MX any more"));
	ck_assert_str_eq(discoveryrig_backends(),
			 "mx1_192.0.2.11 mx2_192.0.2.12");
}
END_TEST

START_TEST(a_domain_without_an_mx_is_its_own_target)
{
	fakeresolver_clear();
	fakeresolver_address(DOMAIN, 60, "192.0.2.80");
	discoveryrig_start();
	ck_assert_str_eq(discoveryrig_backends(), "example_192.0.2.80");
}
END_TEST

START_TEST(mxsteers_own_addresses_are_never_members)
{
	fakeresolver_clear();
	discoveryrig_target(10, "vip." DOMAIN, "198.51.100.25");
	discoveryrig_target(10, "snat." DOMAIN, "10.0.2.100");
	discoveryrig_target(10, "lo." DOMAIN, "127.0.0.1");
	discoveryrig_target(20, "mx2." DOMAIN, "192.0.2.12");
	discoveryrig_start();
	ck_assert_str_eq(discoveryrig_backends(), "mx2_192.0.2.12");
}
END_TEST

START_TEST(what_dns_said_is_shown)
{
	fakeresolver_mx(DOMAIN, 60, 30, "vip." DOMAIN);
	fakeresolver_address("vip." DOMAIN, 60, "198.51.100.25");
	discoveryrig_start();
	json_t *data = plane_json(&plane, "-j show discovery");
	const json_t *pool = plane_row(data, "pools", 0);
	ck_assert_str_eq(plane_text(pool, "mx"), DOMAIN);
	ck_assert_str_eq(plane_text(pool, "resolvers"), "10.0.2.53:53");
	ck_assert_int_eq(plane_number(pool, "members"), 2);
	ck_assert_int_eq(plane_number(pool, "next_s"), 60);
	ck_assert(json_is_null(json_object_get(pool, "held")));
	const json_t *member = plane_row(data, "members", 0);
	ck_assert_str_eq(plane_text(member, "backend"), "mx1_192.0.2.11");
	ck_assert_str_eq(plane_text(member, "host"), "mx1." DOMAIN);
	ck_assert_str_eq(plane_text(member, "state"), "in DNS");
	ck_assert_str_eq(plane_text(plane_row(data, "members", 2), "state"),
			 "not taken: is a listen address of mxsteer");
	json_decref(data);

	fakeresolver_clear();
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	plane_run(&plane, 61000);
	plane_expect(&plane, "show discovery", true,
		     "pool mx: SERVFAIL: the pool stays as it is");
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "pool mx: DNS for example.net: SERVFAIL");
	fakeresolver_clear();
	discoveryrig_target(20, "mx2." DOMAIN, "192.0.2.12");
	plane_run(&plane, 31000);
	plane_expect(&plane, "show discovery", true, "gone from DNS");
}
END_TEST

START_TEST(a_ttl_of_zero_asks_every_ten_seconds)
{
	fakeresolver_clear();
	fakeresolver_mx(DOMAIN, 0, 10, "mx1." DOMAIN);
	fakeresolver_address("mx1." DOMAIN, 0, "192.0.2.11");
	discoveryrig_start();
	const uint32_t asked = fakeresolver_asked();
	plane_run(&plane, 100 * 1000);
	/* Two questions an inquiry: MX and A; no service reaches IPv6. */
	ck_assert_uint_le(fakeresolver_asked() - asked, 20);
	ck_assert_uint_ge(fakeresolver_asked() - asked, 16);
}
END_TEST

START_TEST(a_zone_that_never_rests_leaves_ids_to_the_operator)
{
	char host[32], address[32];

	discoveryrig_start();
	for (int round = 0; round < 12; round++) {
		fakeresolver_clear();
		for (int i = 0; i < 90; i++) {
			snprintf(host, sizeof(host), "m%d-%d.test", round, i);
			snprintf(address, sizeof(address), "192.1.%d.%d", round,
				 i + 1);
			fakeresolver_mx(DOMAIN, 0, 10, host);
			fakeresolver_address(host, 0, address);
		}
		plane_run(&plane, 10100);
		uint32_t unused = 0;
		for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
			unused += !plane.control->state->backend[id].used;
		ck_assert_uint_ge(unused, DISCOVERY_IDS_LEFT);
	}
	ck_assert(plane_logged("over a limit"));
	discoveryrig_write(
		"plain.yaml",
		"    backends: [{name: own, address: \"192.0.2.9:25\"}]\n");
	discoveryrig_apply("plain.yaml", true, "in force");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("discovery");
	TCase *t = tcase_create("pools");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, discoveryrig_setup, serving_teardown);
	tcase_add_test(t,
		       a_pool_begins_empty_and_is_filled_by_the_first_answer);
	tcase_add_test(
		t,
		a_target_that_leaves_the_zone_is_retired_and_no_probe_begins_anew);
	tcase_add_test(t, failures_hold_what_the_pool_has);
	tcase_add_test(t, a_null_mx_or_a_vanished_one_holds_too);
	tcase_add_test(t, a_domain_without_an_mx_is_its_own_target);
	tcase_add_test(t, mxsteers_own_addresses_are_never_members);
	tcase_add_test(t, what_dns_said_is_shown);
	tcase_add_test(t, a_ttl_of_zero_asks_every_ten_seconds);
	tcase_add_test(t, a_zone_that_never_rests_leaves_ids_to_the_operator);
	suite_add_tcase(s, t);
	return s;
}
