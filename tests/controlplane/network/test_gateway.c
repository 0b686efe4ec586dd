/* SPDX-License-Identifier: BSD-3-Clause */
/* A dsr service whose MTAs are behind a gateway: no apply accepts one, and at
 * the start the other MTAs serve.  What the operator sees of a gateway that does
 * not answer.
 * Method: a whole control plane in its own network namespace, whose routes
 * ip(8) changes.  Without the privilege for a namespace nothing is tested. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netspace.h"
#include "plane.h"
#include "runner.h"

static struct plane plane;

static void
setup_plane(void)
{
	netspace_enter();
	netspace_run("ip link add hop0 type veth peer name hop1");
	netspace_run("ip address add 10.9.0.1/24 dev hop0");
	netspace_run("ip link set hop0 up; ip link set hop1 up");
	plane_open(&plane, PLANE_BACKENDS);
}

static void
teardown_plane(void)
{
	plane_close(&plane);
}

static void
write_mode(const char *name, const char *mode)
{
	char rest[512];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: in, listen: [\"198.51.100.25:25\"], pool: mx, "
		 "%s}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    check: {rise: 1}\n"
		 "    backends:\n"
		 "      - {name: a, address: \"10.9.0.11:25\"}\n"
		 "      - {name: b, address: \"203.0.113.7:25\"}\n",
		 mode);
	plane_write_rest(&plane, name, rest);
}

#define TUNNEL "forward: tunnel, tunnel: {source: [\"10.9.0.64/26\"]}"

static void
start_plane(const char *mode)
{
	write_mode("c.yaml", mode);
	plane_start_data(&plane);
	plane_start_control(&plane);
	fakeprobe_result("10.9.0.11:25", true);
	fakeprobe_result("203.0.113.7:25", true);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

START_TEST(apply_refuses_dsr_through_a_gateway_and_says_what_to_write)
{
	char line[160];

	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.254");
	start_plane(TUNNEL);
	write_mode("dsr.yaml", "forward: dsr");
	snprintf(line, sizeof(line), "config apply %s/dsr.yaml", plane.folder);
	plane_expect(&plane, line, false,
		     "service in: forward: dsr rewrites only the MAC address, "
		     "which works on one link only, and backend b "
		     "(203.0.113.7) is behind the gateway 10.9.0.254: write "
		     "forward: tunnel");
	plane_expect(&plane, "show services", true, "tunnel");
	netspace_run("ip route replace 203.0.113.0/24 dev hop0");
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "show services", true, "dsr");
}
END_TEST

static bool
b_has_left(struct plane *p)
{
	(void)p;
	return plane_logged("error backend mx/b is behind a gateway");
}

static bool
b_is_back(struct plane *p)
{
	(void)p;
	return plane_logged("info backend mx/b is on the same link again");
}

START_TEST(at_the_start_dsr_through_a_gateway_serves_the_others)
{
	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.254");
	start_plane("forward: dsr");
	ck_assert(plane_run_until(&plane, b_has_left));
	plane_expect(&plane, "show backends", true,
		     "behind a gateway, which dsr cannot reach: write "
		     "forward: tunnel");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *a = plane_row(data, "backends", 0);
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_int_eq(plane_number(a, "effective_weight"), 100);
	ck_assert_int_eq(plane_number(b, "effective_weight"), 0);
	ck_assert(json_is_true(json_object_get(b, "gateway")));
	ck_assert_str_eq(plane_text(b, "health"), "up");
	json_decref(data);
	netspace_run("ip route replace 203.0.113.0/24 dev hop0");
	ck_assert(plane_run_until(&plane, b_is_back));
	plane_forget_log();
	netspace_run("ip route replace 203.0.113.0/24 via 10.9.0.254");
	ck_assert(plane_run_until(&plane, b_has_left));
}
END_TEST

static bool
is_turned(struct plane *p)
{
	json_t *data = plane_json(p, "-j show next-hops");
	const json_t *b = plane_row(data, "backends", 0);
	const bool turned = b != NULL && strcmp(plane_text(b, "next_hop"),
						"10.9.0.254") == 0;

	json_decref(data);
	return turned;
}

START_TEST(a_gateway_that_does_not_answer_is_shown)
{
	netspace_run(
		"ip neigh add 10.9.0.253 lladdr 02:00:00:00:00:fd dev hop0");
	netspace_run(
		"ip neigh add 10.9.0.254 lladdr 02:00:00:00:00:fe dev hop0");
	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.253");
	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.254 metric 9");
	start_plane(TUNNEL);
	plane_expect(&plane, "show next-hops", true,
		     "mx/b     10.9.0.253  hop0");
	plane_expect(&plane, "show next-hops", true, "the kernel's route");
	netspace_run("ip neigh replace 10.9.0.253 dev hop0 nud failed");
	ck_assert(plane_run_until(&plane, is_turned));
	json_t *data = plane_json(&plane, "-j show next-hops");
	const json_t *first = plane_row(data, "next_hops", 0);
	ck_assert_str_eq(plane_text(first, "next_hop"), "10.9.0.253");
	ck_assert_str_eq(plane_text(first, "mac"), "02:00:00:00:00:fd");
	ck_assert_str_eq(plane_text(first, "state"), "silent");
	ck_assert_str_eq(plane_text(first, "instead"), "10.9.0.254");
	ck_assert_int_eq(plane_number(first, "backends"), 0);
	const json_t *second = plane_row(data, "next_hops", 1);
	ck_assert_str_eq(plane_text(second, "state"), "answers");
	ck_assert_int_eq(plane_number(second, "backends"), 1);
	json_decref(data);
	plane_expect(&plane, "show next-hops", true,
		     "that of the kernel's route does not answer");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gateway");

	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	TCase *t = tcase_create("gateway");
	tcase_add_checked_fixture(t, setup_plane, teardown_plane);
	tcase_add_test(
		t, apply_refuses_dsr_through_a_gateway_and_says_what_to_write);
	tcase_add_test(t, at_the_start_dsr_through_a_gateway_serves_the_others);
	tcase_add_test(t, a_gateway_that_does_not_answer_is_shown);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
