/* SPDX-License-Identifier: BSD-3-Clause */
/* Two routers for clients: sessions of one that does not answer, or that left the
 * routes, go to the other one.
 * Method: hoprig.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hoprig.h"
#include "keptlog.h"
#include "netspace.h"
#include "routers.h"
#include "runner.h"

static struct mx_way row[MX_WAYS_MAX];

static const struct mx_way *
find(const char *text)
{
	const uint16_t count = ways_rows(nexthops_ways(hoprig_hops), row);
	const struct mx_addr addr = hoprig_address(text);

	for (uint16_t i = 0; i < count; i++)
		if (mx_addr_equal(&row[i].hop, &addr))
			return &row[i];
	return NULL;
}

START_TEST(clients_behind_a_dead_router_get_the_other_ones_mac)
{
	ck_assert_uint_eq(find(FIRST)->moved_s, 0);
	hoprig_dies(FIRST, "hop0");
	const struct mx_way *way = find(FIRST);
	ck_assert(way->gateway && way->instead);
	ck_assert_uint_eq(way->before[5], 0xfd);
	ck_assert_uint_eq(way->mac[5], 0xfe);
	ck_assert_uint_ne(way->moved_s, 0);
	ck_assert_uint_eq(find(SECOND)->moved_s, 0);
	/* When it is back, no session is moved: those of the other router
	 * cannot be told apart. */
	hoprig_neighbour(FIRST, "fd", "hop0", "permanent");
	hoprig_run(1000 * (REACH_WAIT_S + 2));
	way = find(FIRST);
	ck_assert(!way->instead);
	ck_assert_uint_eq(way->mac[5], 0xfd);
	ck_assert_uint_eq(way->moved_s, 0);
}
END_TEST

START_TEST(the_other_router_may_be_at_another_port)
{
	netspace_run("ip route add 198.18.0.0/15 via 10.8.0.254");
	netspace_run("ip route add 198.18.0.0/15 via " FIRST " metric 9");
	hoprig_neighbour("10.8.0.254", "88", "far0", "permanent");
	hoprig_follow(hoprig_hops, 2, "198.18.0.7");
	hoprig_run(3000);
	ck_assert(hoprig_goes(hoprig_hops, 2, "far0", 0x88));
	ck_assert_uint_eq(nexthops_get(hoprig_hops, 2)->others, 2);
	ck_assert_uint_eq(find("10.8.0.254")->to_port, 1);
	hoprig_dies("10.8.0.254", "far0");
	ck_assert(hoprig_goes(hoprig_hops, 2, "hop0", 0xfd));
	ck_assert_uint_eq(find("10.8.0.254")->port, 1);
	ck_assert_uint_eq(find("10.8.0.254")->to_port, 0);
}
END_TEST

/* The kernel keeps the route of an interface that lost its link, and uses it. */
START_TEST(a_router_whose_link_is_down_is_left_at_once)
{
	netspace_run("ip route add 198.18.0.0/15 via 10.8.0.254");
	netspace_run("ip route add 198.18.0.0/15 via " FIRST " metric 9");
	hoprig_neighbour("10.8.0.254", "88", "far0", "permanent");
	hoprig_follow(hoprig_hops, 2, "198.18.0.7");
	hoprig_run(2000);
	ck_assert(hoprig_goes(hoprig_hops, 2, "far0", 0x88));
	netspace_run("ip link set far1 down");
	/* The kernel tells of it up to a second later. */
	for (int i = 0; i < 5000 && !hoprig_goes(hoprig_hops, 2, "hop0", 0xfd);
	     i++) {
		usleep(1000);
		hoprig_run(100);
	}
	ck_assert(hoprig_goes(hoprig_hops, 2, "hop0", 0xfd));
	ck_assert_uint_eq(find("10.8.0.254")->to_port, 0);
	ck_assert(keptlog_has("warn next hop 10.8.0.254 at far0 has no link: "
			      "10.9.0.253 at hop0 is used"));
	netspace_run("ip link set far1 up");
	hoprig_neighbour("10.8.0.254", "88", "far0", "permanent");
	for (int i = 0; i < 5000 && !hoprig_goes(hoprig_hops, 2, "far0", 0x88);
	     i++) {
		usleep(1000);
		hoprig_run(100);
	}
	ck_assert(hoprig_goes(hoprig_hops, 2, "far0", 0x88));
}
END_TEST

START_TEST(a_router_that_leaves_the_routes_is_replaced_as_well)
{
	netspace_run("ip route del 203.0.113.0/24 via " FIRST);
	hoprig_run(3000);
	const struct mx_way *way = find(FIRST);
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfe));
	ck_assert(way->gateway && way->instead);
	ck_assert_uint_eq(way->before[5], 0xfd);
	ck_assert_uint_eq(way->mac[5], 0xfe);
	netspace_run("ip route add 203.0.113.0/24 via " FIRST);
	hoprig_run(3000);
	ck_assert(!find(FIRST)->instead);
}
END_TEST

START_TEST(a_new_process_does_not_move_sessions_back)
{
	struct mx_way last[MX_WAYS_MAX];

	hoprig_dies(FIRST, "hop0");
	const uint16_t count = ways_rows(nexthops_ways(hoprig_hops), row);
	memcpy(last, row, sizeof(last));
	nexthops_free(hoprig_hops);
	hoprig_neighbour(FIRST, "fd", "hop0", "permanent");
	hoprig_start();
	ways_seed(nexthops_ways(hoprig_hops), last, count);
	ck_assert_uint_eq(find(FIRST)->before[5], 0xfd);
	hoprig_run(3000);
	ck_assert_uint_eq(find(FIRST)->mac[5], 0xfd);
	ck_assert_uint_eq(find(FIRST)->moved_s, 0);
}
END_TEST

START_TEST(a_new_process_that_finds_it_dead_moves_nothing_anew)
{
	struct mx_way last[MX_WAYS_MAX];

	hoprig_dies(FIRST, "hop0");
	const uint16_t count = ways_rows(nexthops_ways(hoprig_hops), row);
	memcpy(last, row, sizeof(last));
	nexthops_free(hoprig_hops);
	hoprig_run(20000);
	hoprig_start();
	ways_seed(nexthops_ways(hoprig_hops), last, count);
	hoprig_run(3000);
	ck_assert_uint_eq(ways_rows(nexthops_ways(hoprig_hops), row), count);
	ck_assert_mem_eq(row, last, count * sizeof(row[0]));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wayrouter");

	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	TCase *t = tcase_create("namespace");
	tcase_add_checked_fixture(t, hoprig_setup, hoprig_teardown);
	tcase_add_test(t, clients_behind_a_dead_router_get_the_other_ones_mac);
	tcase_add_test(t, the_other_router_may_be_at_another_port);
	tcase_add_test(t, a_router_whose_link_is_down_is_left_at_once);
	tcase_add_test(t, a_router_that_leaves_the_routes_is_replaced_as_well);
	tcase_add_test(t, a_new_process_does_not_move_sessions_back);
	tcase_add_test(t, a_new_process_that_finds_it_dead_moves_nothing_anew);
	suite_add_tcase(s, t);
	return s;
}
