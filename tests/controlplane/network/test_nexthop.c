/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops: what the kernel knows arrives, and what it forgets is kept.
 * Method: the test's own network namespace with a veth pair, changed by ip(8).
 * Without the privilege for one, only tests that need none run. test_gateway.c
 * has the control plane's use of next hops. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "faketime.h"
#include "hoprig.h"
#include "netspace.h"
#include "nexthop.h"
#include "runner.h"

static struct event_base *base;
static struct nexthops *hops;
static uint32_t changes;

static void
on_change(void *arg)
{
	(void)arg;
	changes++;
}

static void
setup(void)
{
	base = event_base_new();
	hops = nexthops_new(base, on_change, NULL);
	ck_assert_ptr_nonnull(hops);
	changes = 0;
}

static void
teardown(void)
{
	nexthops_free(hops);
	event_base_free(base);
}

static void
setup_net(void)
{
	netspace_enter();
	netspace_run("ip link add hop0 type veth peer name hop1");
	netspace_run("ip address add 10.9.0.1/24 dev hop0");
	netspace_run("ip address add fd09::1/64 dev hop0 nodad");
	netspace_run("ip link set hop0 up; ip link set hop1 up");
	setup();
}

/* Let events arrive; more than the pause between two looks. */
static void
let_it_run(void)
{
	faketime_run(base, 250);
}

START_TEST(a_seed_counts_until_something_newer_is_known)
{
	const struct nexthop seed = {.known = true, .interface = "x"};

	nexthops_seed(hops, 3, &seed);
	ck_assert(!nexthops_get(hops, 3)->known); /* not followed */
	hoprig_follow(hops, 3, "127.0.0.2");
	ck_assert(!nexthops_get(hops, 3)->known); /* the kernel's own */
	nexthops_seed(hops, 3, &seed);
	ck_assert_str_eq(nexthops_get(hops, 3)->interface, "x");
	nexthops_refresh(hops);
	ck_assert_str_eq(nexthops_get(hops, 3)->interface, "x");
	nexthops_forget(hops, 3);
	ck_assert(!nexthops_get(hops, 3)->known);
}
END_TEST

START_TEST(the_kernel_owns_its_addresses_and_no_others)
{
	const struct mx_addr own = hoprig_address("127.0.0.1");
	const struct mx_addr other = hoprig_address("192.0.2.1");

	ck_assert(nexthops_kernel_owns(hops, &own));
	ck_assert(!nexthops_kernel_owns(hops, &other));
}
END_TEST

START_TEST(a_seed_does_not_hide_where_the_way_leads)
{
	const struct nexthop seed = {
		.known = true, .interface = "hop0", .mtu = 1400};

	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.254");
	hoprig_follow(hops, 1, "203.0.113.7");
	ck_assert(!nexthops_get(hops, 1)->known);
	ck_assert(nexthops_get(hops, 1)->routed);
	nexthops_seed(hops, 1, &seed);
	ck_assert(nexthops_get(hops, 1)->known);
	ck_assert(nexthops_get(hops, 1)->routed);
	ck_assert_uint_eq(nexthops_get(hops, 1)->mtu, 1400);
}
END_TEST

START_TEST(the_kernel_owns_addresses_of_both_families)
{
	const struct mx_addr own = hoprig_address("fd09::1");
	const struct mx_addr other = hoprig_address("fd09::2");
	const struct mx_addr own4 = hoprig_address("10.9.0.1");

	/* The kernel needs a moment until an IPv6 address is in use. */
	for (int i = 0; i < 5000 && !nexthops_kernel_owns(hops, &own); i++)
		usleep(1000);
	ck_assert(nexthops_kernel_owns(hops, &own));
	ck_assert(nexthops_kernel_owns(hops, &own4));
	ck_assert(!nexthops_kernel_owns(hops, &other));
}
END_TEST

START_TEST(ipv6_neighbours_are_found_like_ipv4_ones)
{
	netspace_run("ip neigh add fd09::11 lladdr 02:00:00:00:00:11 dev hop0");
	hoprig_follow(hops, 1, "fd09::11");
	hoprig_follow(hops, 2, "fd09::12");
	ck_assert(hoprig_goes(hops, 1, "hop0", 0x11));
	ck_assert(!nexthops_get(hops, 1)->routed);
	ck_assert(!nexthops_get(hops, 2)->known);
	netspace_run(
		"ip neigh replace fd09::12 lladdr 02:00:00:00:00:12 dev hop0");
	let_it_run();
	ck_assert(hoprig_goes(hops, 2, "hop0", 0x12));
	ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(ipv6_routes_are_followed_through_their_gateway)
{
	netspace_run("ip neigh add fd09::fe lladdr 02:00:00:00:00:fe dev hop0");
	netspace_run("ip neigh add fe80::fd lladdr 02:00:00:00:00:fd dev hop0");
	hoprig_follow(hops, 1, "2001:db8::7");
	ck_assert(!nexthops_get(hops, 1)->known);
	netspace_run("ip route add 2001:db8::/32 via fd09::fe");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0xfe));
	ck_assert(nexthops_get(hops, 1)->routed);
	netspace_run("ip route replace 2001:db8::/32 via fe80::fd dev hop0");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0xfd));
}
END_TEST

START_TEST(a_gateway_may_be_of_the_other_family)
{
	struct mx_addr gateway;
	const struct mx_addr wanted = hoprig_address("fd09::fe");
	const struct mx_addr to = hoprig_address("203.0.113.7");

	netspace_run("ip neigh add fd09::fe lladdr 02:00:00:00:00:fe dev hop0");
	netspace_run("ip route add 203.0.113.0/24 via inet6 fd09::fe dev hop0");
	hoprig_follow(hops, 1, "203.0.113.7");
	ck_assert(hoprig_goes(hops, 1, "hop0", 0xfe));
	ck_assert(nexthops_get(hops, 1)->routed);
	ck_assert(nexthops_gateway(hops, &to, &gateway));
	ck_assert(mx_addr_equal(&gateway, &wanted));
}
END_TEST

START_TEST(the_mtu_is_that_of_the_route_or_else_of_the_interface)
{
	netspace_run(
		"ip neigh add 10.9.0.11 lladdr 02:00:00:00:00:11 dev hop0");
	netspace_run("ip neigh add fd09::11 lladdr 02:00:00:00:00:11 dev hop0");
	hoprig_follow(hops, 1, "10.9.0.11");
	hoprig_follow(hops, 2, "fd09::11");
	ck_assert_uint_eq(nexthops_get(hops, 1)->mtu, 1500);
	ck_assert_uint_eq(nexthops_get(hops, 2)->mtu, 1500);
	netspace_run("ip link set hop0 mtu 1400");
	let_it_run();
	ck_assert_uint_eq(nexthops_get(hops, 1)->mtu, 1400);
	ck_assert_uint_eq(nexthops_get(hops, 2)->mtu, 1400);
	ck_assert_uint_ge(changes, 1);
	netspace_run("ip route add 10.9.0.11/32 dev hop0 mtu 1300");
	netspace_run("ip route add fd09::11/128 dev hop0 mtu 1310");
	let_it_run();
	ck_assert_uint_eq(nexthops_get(hops, 1)->mtu, 1300);
	ck_assert_uint_eq(nexthops_get(hops, 2)->mtu, 1310);
	/* An MTU of a route is limited by its interface. */
	netspace_run("ip route replace 10.9.0.11/32 dev hop0 mtu 9000");
	let_it_run();
	ck_assert_uint_eq(nexthops_get(hops, 1)->mtu, 1400);
}
END_TEST

START_TEST(a_way_that_turns_is_news_without_its_mac)
{
	netspace_run(
		"ip neigh add 10.9.0.11 lladdr 02:00:00:00:00:11 dev hop0");
	hoprig_follow(hops, 1, "10.9.0.11");
	ck_assert(!nexthops_get(hops, 1)->routed);
	netspace_run("ip route add 10.9.0.11/32 via 10.9.0.254");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0x11)); /* kept */
	ck_assert(nexthops_get(hops, 1)->routed);
	ck_assert_uint_eq(changes, 1);
	netspace_run("ip route del 10.9.0.11/32");
	let_it_run();
	ck_assert(!nexthops_get(hops, 1)->routed);
	ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(a_lost_ipv6_neighbour_is_asked_for)
{
	char line[256] = "";

	hoprig_follow(hops, 1, "fd09::77");
	faketime_run(base, 1300);
	FILE *neighbours = popen("ip neigh show to fd09::77 dev hop0", "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), neighbours));
	ck_assert_msg(strstr(line, "fd09::77") != NULL, "%s", line);
	pclose(neighbours);
}
END_TEST

START_TEST(a_neighbour_is_found_and_its_change_is_an_event)
{
	netspace_run(
		"ip neigh add 10.9.0.11 lladdr 02:00:00:00:00:11 dev hop0");
	hoprig_follow(hops, 1, "10.9.0.11");
	hoprig_follow(hops, 2, "10.9.0.12");
	ck_assert(hoprig_goes(hops, 1, "hop0", 0x11));
	ck_assert(!nexthops_get(hops, 2)->known);
	ck_assert_uint_eq(changes, 0);
	netspace_run(
		"ip neigh replace 10.9.0.12 lladdr 02:00:00:00:00:12 dev hop0");
	let_it_run();
	ck_assert(hoprig_goes(hops, 2, "hop0", 0x12));
	ck_assert_uint_eq(changes, 1);
	netspace_run(
		"ip neigh replace 10.9.0.11 lladdr 02:00:00:00:00:99 dev hop0");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0x99));
	ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(what_the_kernel_forgets_is_kept)
{
	netspace_run(
		"ip neigh add 10.9.0.11 lladdr 02:00:00:00:00:11 dev hop0");
	hoprig_follow(hops, 1, "10.9.0.11");
	netspace_run("ip neigh del 10.9.0.11 dev hop0");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0x11));
	netspace_run("ip link set hop0 down");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0x11));
	ck_assert_uint_eq(changes, 0);
}
END_TEST

START_TEST(behind_a_gateway_the_gateway_counts)
{
	netspace_run(
		"ip neigh add 10.9.0.254 lladdr 02:00:00:00:00:fe dev hop0");
	netspace_run(
		"ip neigh add 10.9.0.253 lladdr 02:00:00:00:00:fd dev hop0");
	hoprig_follow(hops, 1, "203.0.113.7");
	ck_assert(!nexthops_get(hops, 1)->known);
	netspace_run("ip route add 203.0.113.0/24 via 10.9.0.254");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0xfe));
	netspace_run("ip route replace 203.0.113.0/24 via 10.9.0.253");
	let_it_run();
	ck_assert(hoprig_goes(hops, 1, "hop0", 0xfd));
}
END_TEST

START_TEST(a_lost_neighbour_is_asked_for)
{
	char line[256];

	hoprig_follow(hops, 1, "10.9.0.77");
	faketime_run(base, 1300);
	FILE *neighbours = popen("ip neigh show dev hop0", "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), neighbours));
	ck_assert_msg(strstr(line, "10.9.0.77") != NULL, "%s", line);
	pclose(neighbours);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("nexthop");
	TCase *t = tcase_create("anyone");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_seed_counts_until_something_newer_is_known);
	tcase_add_test(t, the_kernel_owns_its_addresses_and_no_others);
	suite_add_tcase(s, t);
	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	t = tcase_create("namespace");
	tcase_add_checked_fixture(t, setup_net, teardown);
	tcase_add_test(t, a_neighbour_is_found_and_its_change_is_an_event);
	tcase_add_test(t, what_the_kernel_forgets_is_kept);
	tcase_add_test(t, behind_a_gateway_the_gateway_counts);
	tcase_add_test(t, a_lost_neighbour_is_asked_for);
	tcase_add_test(t, a_seed_does_not_hide_where_the_way_leads);
	tcase_add_test(t, the_kernel_owns_addresses_of_both_families);
	tcase_add_test(t, ipv6_neighbours_are_found_like_ipv4_ones);
	tcase_add_test(t, ipv6_routes_are_followed_through_their_gateway);
	tcase_add_test(t, a_gateway_may_be_of_the_other_family);
	tcase_add_test(t,
		       the_mtu_is_that_of_the_route_or_else_of_the_interface);
	tcase_add_test(t, a_way_that_turns_is_news_without_its_mac);
	tcase_add_test(t, a_lost_ipv6_neighbour_is_asked_for);
	suite_add_tcase(s, t);
	return s;
}
