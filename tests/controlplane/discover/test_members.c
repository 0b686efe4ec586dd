/* SPDX-License-Identifier: BSD-3-Clause */
/* Members that DNS names, and files that an operator applies beside them: neither
 * stands in the way of the other, and no pool is emptied in between.
 * Method: a whole control plane whose resolver answers from a zone of the test
 * (fakeresolver.c), session files that the test writes, and routes that ip(8)
 * changes. */
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakeresolver.h"
#include "netspace.h"
#include "reloadrig.h"
#include "runner.h"

#define DOMAIN "example.net"
#define TTL_S 10
#define ROUND_MS (TTL_S * 1000 + 100) /* until the next answer */

static void
setup(void)
{
	reloadrig_setup(); /* pool mx: a at 192.0.2.11, b at 192.0.2.12 */
	plane.ack_ms = 50;
	fakeresolver_clear();
}

/* One service of pool mx, and one of pool more. */
static void
write_file(const char *vip, const char *mx, const char *more)
{
	char rest[2048];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: inbound, listen: [\"%s:25\"], pool: mx, "
		 "snat: [\"10.0.2.100\"], client-address: hidden}\n"
		 "  - {name: more, listen: [\"198.51.100.99:25\"], pool: more, "
		 "snat: [\"10.0.2.100\"], client-address: hidden}\n"
		 "pools:\n"
		 "  - {name: mx, check: {rise: 1, fall: 1}, %s}\n"
		 "  - {name: more, check: {rise: 1, fall: 1}, %s}\n",
		 vip, mx, more);
	plane_write_rest(&plane, "c.yaml", rest);
}

static void
target(const char *domain, const char *host, const char *address)
{
	fakeresolver_mx(domain, TTL_S, 10, host);
	fakeresolver_address(host, TTL_S, address);
}

/* The configured backends of a pool, as "a b c". */
static const char *
backends(int pool)
{
	static char text[1024];
	const struct mx_config_pool *of =
		&plane.control->state->config->pool[pool];

	text[0] = '\0';
	for (uint16_t i = 0; i < of->backend_count; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, of->backend[i].name);
	}
	return text;
}

static bool
serves(const char *label)
{
	const uint16_t id = state_find(plane.control->state, label);

	return id != MX_BACKEND_NONE &&
	       health_serves(&plane.control->state->backend[id].health);
}

#define OLD "198.51.100.25"
#define NEW "198.51.100.26"
#define STATIC "backends: [{name: m, address: \"192.0.2.31:25\"}]"

/* A retired address of one pool's service is what DNS names for it. */
START_TEST(an_address_that_is_retired_is_refused_as_a_member_alone)
{
	struct mx_session *s = reloadrig_add(0, OLD, "10.0.2.100");

	target(DOMAIN, "mx1." DOMAIN, "192.0.2.11");
	target("more.test", "m1.more.test", "192.0.2.41");
	write_file(OLD, "discover: {mx: " DOMAIN "}",
		   "discover: {mx: more.test}");
	reloadrig_apply(true);
	plane_run(&plane, 100);
	target(DOMAIN, "old." DOMAIN, OLD);
	plane_run(&plane, ROUND_MS);
	write_file(NEW, "discover: {mx: " DOMAIN "}",
		   "discover: {mx: more.test}");
	reloadrig_apply(true); /* it leaves, and has a session */
	plane_run(&plane, ROUND_MS);
	ck_assert_str_eq(backends(1), "m1_192.0.2.41");
	plane_expect(&plane, "show discovery", true,
		     "not taken: was an address of mxsteer, whose sessions may "
		     "not have ended");
	target("more.test", "m2.more.test", "192.0.2.42");
	plane_run(&plane, ROUND_MS);
	ck_assert_str_eq(backends(1), "m1_192.0.2.41 m2_192.0.2.42");
	json_t *data = plane_json(&plane, "-j show discovery");
	ck_assert(json_is_null(json_object_get(data, "not_in_force")));
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "not_taken"),
			 1);
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 1), "not_taken"),
			 0);
	json_decref(data);
	ck_assert(plane_logged("1 address not taken, as old_" OLD
			       " was an address"));

	reloadrig_set(s, MX_SESSION_FREE);
	plane_run(&plane, 70 * 1000); /* the address is let go, and asked for */
	ck_assert_msg(strstr(backends(0), "old_" OLD) != NULL, "%s",
		      backends(0));
}
END_TEST

START_TEST(discovery_in_place_of_backends_keeps_them_until_an_answer)
{
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	fakeresolver_fail("more.test", ns_r_servfail);
	write_file(OLD, "discover: {mx: " DOMAIN "}", STATIC);
	reloadrig_expect_not(reloadrig_apply(true), "retired");
	ck_assert_str_eq(backends(0), "a b");
	ck_assert(serves("mx/a") && serves("mx/b"));
	plane_expect(&plane, "show discovery", true,
		     "of the file before, until DNS has named others");
	plane_run(&plane, 200 * 1000);
	reloadrig_expect(reloadrig_apply(true), "nothing changed");
	ck_assert_str_eq(backends(0), "a b");

	fakeresolver_clear();
	fakeresolver_fail("more.test", ns_r_servfail);
	target(DOMAIN, "mx1." DOMAIN, "192.0.2.11"); /* a */
	target(DOMAIN, "mx3." DOMAIN, "192.0.2.13");
	plane_run(&plane, 31 * 1000);
	ck_assert(strstr(backends(0), "b") != NULL);
	ck_assert(serves("mx/mx1_192.0.2.11"));
	fakeprobe_result("192.0.2.13:25", true);
	plane_run(&plane, 3 * ROUND_MS);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.11 mx3_192.0.2.13");
}
END_TEST

/* A restart before the first answer, too. */
START_TEST(a_restart_has_the_backends_that_discovery_replaces)
{
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	write_file(OLD, "discover: {mx: " DOMAIN "}", STATIC);
	reloadrig_apply(true);
	plane_run(&plane, 1000);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert_str_eq(backends(0), "a b");
	ck_assert(serves("mx/a"));
}
END_TEST

/* The last ones of the file leave, and DNS has named none beside them. */
START_TEST(backends_beside_discovery_leave_when_dns_has_named_some)
{
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	write_file(
		OLD,
		"discover: {mx: " DOMAIN "}, "
		"backends: [{name: mx1_192.0.2.11, address: \"192.0.2.11:25\"}]",
		STATIC);
	reloadrig_apply(true);
	plane_run(&plane, 1000);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.11");
	write_file(OLD, "discover: {mx: " DOMAIN "}", STATIC);
	reloadrig_apply(true);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.11");
	write_file(
		OLD,
		"discover: {mx: " DOMAIN "}, "
		"backends: [{name: mx1_192.0.2.11, address: \"192.0.2.11:25\"}]",
		STATIC);
	reloadrig_apply(true);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.11");

	fakeresolver_clear();
	target(DOMAIN, "mx1." DOMAIN, "192.0.2.11"); /* the file's own */
	plane_run(&plane, 31 * 1000);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.11");
	plane_expect(&plane, "show discovery", true,
		     "in DNS, and a backend of the file");
	write_file(OLD, "discover: {mx: " DOMAIN "}", STATIC);
	reloadrig_apply(true);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.11");
	ck_assert(serves("mx/mx1_192.0.2.11"));
}
END_TEST

START_TEST(a_file_that_would_empty_a_pool_is_refused)
{
	fakeresolver_fail(DOMAIN, ns_r_servfail);
	write_file(OLD, "discover: {mx: " DOMAIN ", port: 26}", STATIC);
	reloadrig_expect(reloadrig_apply(false),
			 "pool mx: would have no backend: DNS has named none "
			 "that can be one, and none in force is at port 26: "
			 "leave backends in the file until `show discovery`");
	ck_assert_str_eq(backends(0), "a b");
}
END_TEST

START_TEST(a_restart_has_the_members_of_the_domain_before)
{
	target(DOMAIN, "mx1." DOMAIN, "192.0.2.21");
	write_file(OLD, "discover: {mx: " DOMAIN "}", STATIC);
	reloadrig_apply(true);
	fakeprobe_result("192.0.2.21:25", true);
	plane_run(&plane, 10 * ROUND_MS);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.21");
	fakeresolver_fail("other.test", ns_r_servfail);
	write_file(OLD, "discover: {mx: other.test}", STATIC);
	reloadrig_apply(true);
	plane_run(&plane, 1000);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert_str_eq(backends(0), "mx1_192.0.2.21");
}
END_TEST

START_TEST(a_backend_of_the_file_keeps_its_name)
{
	target(DOMAIN, "a.test", "192.0.2.21");
	write_file(OLD,
		   "discover: {mx: " DOMAIN "}, backends: "
		   "[{name: a_192.0.2.21, address: \"192.0.2.9:25\"}]",
		   STATIC);
	reloadrig_apply(true);
	plane_run(&plane, ROUND_MS);
	ck_assert_str_eq(backends(0), "a_192.0.2.21");
	plane_expect(&plane, "show discovery", true,
		     "not taken: would have the name of a backend of the file");
}
END_TEST

static void
setup_routes(void)
{
	netspace_enter();
	netspace_run("ip link add hop0 type veth peer name hop1");
	netspace_run("ip address add 10.9.0.1/24 dev hop0");
	netspace_run("ip link set hop0 up; ip link set hop1 up");
	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.254");
	setup();
}

static void
write_mode(const char *mode)
{
	char rest[1024];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: in, listen: [\"" OLD ":25\"], pool: near, %s}\n"
		 "pools:\n"
		 "  - {name: near, check: {rise: 1, fall: 1}, "
		 "discover: {mx: " DOMAIN "}}\n",
		 mode);
	plane_write_rest(&plane, "c.yaml", rest);
}

START_TEST(a_member_that_dsr_does_not_reach_vetoes_nothing)
{
	target(DOMAIN, "near." DOMAIN, "10.9.0.11");
	target(DOMAIN, "far." DOMAIN, "203.0.113.7");
	target(DOMAIN, "here." DOMAIN, "10.9.0.1");
	write_mode("forward: dsr");
	reloadrig_apply(true);
	plane_run(&plane, ROUND_MS);
	ck_assert_str_eq(backends(0), "near_10.9.0.11");
	plane_expect(&plane, "show discovery", true,
		     "not taken: is behind a gateway, and forward: dsr works "
		     "on one link only");
	plane_expect(&plane, "show discovery", true,
		     "not taken: is an address of this host");
	reloadrig_apply(true);

	/* One that is in force stays one while its route is another. */
	netspace_run("ip route add 10.9.0.11/32 via 10.9.0.254");
	plane_run(&plane, 3 * ROUND_MS);
	ck_assert_str_eq(backends(0), "near_10.9.0.11");
	reloadrig_apply(true);
	ck_assert_str_eq(backends(0), "near_10.9.0.11");
}
END_TEST

START_TEST(a_mode_that_loses_members_is_the_operators_choice)
{
	target(DOMAIN, "near." DOMAIN, "10.9.0.11");
	target(DOMAIN, "far." DOMAIN, "203.0.113.7");
	write_mode("forward: tunnel, tunnel: {source: [\"10.9.0.64/26\"]}");
	reloadrig_apply(true);
	plane_run(&plane, ROUND_MS);
	ck_assert_str_eq(backends(0), "far_203.0.113.7 near_10.9.0.11");
	write_mode("forward: dsr");
	reloadrig_apply(true);
	ck_assert_str_eq(backends(0), "near_10.9.0.11");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("members");
	TCase *t = tcase_create("files");
	TCase *routes = tcase_create("routes");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, reloadrig_teardown);
	tcase_add_test(t,
		       an_address_that_is_retired_is_refused_as_a_member_alone);
	tcase_add_test(
		t, discovery_in_place_of_backends_keeps_them_until_an_answer);
	tcase_add_test(t, a_restart_has_the_backends_that_discovery_replaces);
	tcase_add_test(t,
		       backends_beside_discovery_leave_when_dns_has_named_some);
	tcase_add_test(t, a_file_that_would_empty_a_pool_is_refused);
	tcase_add_test(t, a_restart_has_the_members_of_the_domain_before);
	tcase_add_test(t, a_backend_of_the_file_keeps_its_name);
	suite_add_tcase(s, t);
	tcase_set_timeout(routes, 60);
	tcase_add_checked_fixture(routes, setup_routes, reloadrig_teardown);
	tcase_add_test(routes, a_member_that_dsr_does_not_reach_vetoes_nothing);
	tcase_add_test(routes,
		       a_mode_that_loses_members_is_the_operators_choice);
	suite_add_tcase(s, routes);
	return s;
}
