/* SPDX-License-Identifier: BSD-3-Clause */
/* Two gateways for one destination: the other one takes the place of one that
 * does not answer, for frames, for packets of probes, and for sessions of
 * clients.
 * Method: the test's own network namespace with a veth pair; ip(8) writes what
 * the kernel found of its neighbours. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "detour.h"
#include "endpoint.h"
#include "faketime.h"
#include "keptlog.h"
#include "netspace.h"
#include "nexthop.h"
#include "routers.h"
#include "runner.h"

#define FIRST "10.9.0.253"
#define SECOND "10.9.0.254"

static struct event_base *base;
static struct nexthops *hops;
static struct mx_config_dataplane ports;
static struct mx_way row[MX_WAYS_MAX];

static void
on_change(void *arg)
{
	(void)arg;
}

static struct mx_addr
address(const char *text)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return addr;
}

static void
follow(uint16_t id, const char *text)
{
	const struct mx_addr addr = address(text);

	nexthops_follow(hops, id, &addr);
	nexthops_refresh(hops);
}

static void
start(void)
{
	hops = nexthops_new(base, on_change, NULL);
	ck_assert_ptr_nonnull(hops);
	ways_follow(nexthops_ways(hops), &ports);
	follow(1, "203.0.113.7");
}

static void
neighbour(const char *address, const char *mac, const char *interface,
	  const char *state)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "ip neigh replace %s lladdr 02:00:00:00:00:%s dev %s nud %s",
		 address, mac, interface, state);
	netspace_run(line);
}

static void
setup(void)
{
	netspace_enter();
	netspace_run("ip link add hop0 type veth peer name hop1");
	netspace_run("ip link add far0 type veth peer name far1");
	netspace_run("ip address add 10.9.0.1/24 dev hop0");
	netspace_run("ip address add 10.8.0.1/24 dev far0");
	netspace_run(
		"for i in hop0 hop1 far0 far1; do ip link set $i up; done");
	netspace_run("ip route add 203.0.113.0/24 via " FIRST);
	netspace_run("ip route add 203.0.113.0/24 via " SECOND " metric 9");
	neighbour(FIRST, "fd", "hop0", "permanent");
	neighbour(SECOND, "fe", "hop0", "permanent");
	keptlog_begin();
	base = event_base_new();
	ports = (struct mx_config_dataplane){.port_count = 2};
	strcpy(ports.port[0].interface, "hop0");
	strcpy(ports.port[1].interface, "far0");
	start();
}

static void
teardown(void)
{
	nexthops_free(hops);
	event_base_free(base);
	keptlog_end();
}

static void
let_it_run(uint64_t ms)
{
	faketime_run(base, ms);
}

/* The kernel asked, and got no answer. */
static void
dies(const char *address, const char *interface)
{
	neighbour(address, "00", interface, "failed");
	let_it_run(250);
}

static bool
is(uint16_t id, const char *interface, uint8_t last_of_mac)
{
	const struct nexthop *hop = nexthops_get(hops, id);

	return hop->known && strcmp(hop->interface, interface) == 0 &&
	       hop->mac[5] == last_of_mac;
}

/* Does the kernel print this for a command? */
static bool
prints(const char *command, const char *text)
{
	char all[4096];
	FILE *out = popen(command, "r");
	const size_t bytes = fread(all, 1, sizeof(all) - 1, out);

	all[bytes] = '\0';
	pclose(out);
	return strstr(all, text) != NULL;
}

static const struct mx_way *
find(const char *text)
{
	const uint16_t count = ways_rows(nexthops_ways(hops), row);
	const struct mx_addr addr = address(text);

	for (uint16_t i = 0; i < count; i++)
		if (mx_addr_equal(&row[i].hop, &addr))
			return &row[i];
	return NULL;
}

/* A question would make the kernel take answers for it. */
START_TEST(an_administrators_entry_is_not_asked)
{
	nexthops_doubt(hops, 1);
	let_it_run(3000);
	ck_assert(prints("ip neigh show " FIRST, "PERMANENT"));
	ck_assert(prints("ip neigh show " SECOND, "PERMANENT"));
}
END_TEST

START_TEST(a_route_of_a_higher_metric_takes_over)
{
	ck_assert(is(1, "hop0", 0xfd));
	ck_assert(!nexthops_get(hops, 1)->turned);
	dies(FIRST, "hop0");
	ck_assert(is(1, "hop0", 0xfe));
	ck_assert(nexthops_get(hops, 1)->turned);
	ck_assert(keptlog_has("warn next hop " FIRST
			      " at hop0 does not answer: " SECOND
			      " at hop0 is used"));
}
END_TEST

/* The next packet to a neighbour that failed makes the kernel ask anew, before
 * anyone could look. */
START_TEST(a_failure_that_lasts_a_moment_counts)
{
	neighbour(FIRST, "00", "hop0", "failed");
	netspace_run("ip neigh replace " FIRST " dev hop0 nud incomplete");
	ck_assert(!prints("ip neigh show " FIRST, "FAILED"));
	let_it_run(250);
	ck_assert(is(1, "hop0", 0xfe));
	ck_assert(nexthops_get(hops, 1)->turned);
}
END_TEST

START_TEST(it_is_used_again_when_it_has_answered_for_a_while)
{
	dies(FIRST, "hop0");
	neighbour(FIRST, "fd", "hop0", "permanent");
	let_it_run(1000 * (REACH_WAIT_S - 1));
	ck_assert(is(1, "hop0", 0xfe));
	let_it_run(2000);
	ck_assert(is(1, "hop0", 0xfd));
	ck_assert(!nexthops_get(hops, 1)->turned);
	ck_assert(keptlog_has("info next hop " FIRST " at hop0 is used again"));
}
END_TEST

START_TEST(a_multipath_route_is_left_at_its_dead_next_hop)
{
	netspace_run("ip route flush 203.0.113.0/24");
	netspace_run("ip route add 203.0.113.0/24 nexthop via " FIRST
		     " nexthop via " SECOND);
	let_it_run(3000);
	const bool first = is(1, "hop0", 0xfd);
	dies(first ? FIRST : SECOND, "hop0");
	ck_assert(is(1, "hop0", first ? 0xfe : 0xfd));
}
END_TEST

START_TEST(a_gateway_is_left_only_for_one_that_answers)
{
	dies(SECOND, "hop0");
	ck_assert(is(1, "hop0", 0xfd));
	dies(FIRST, "hop0");
	ck_assert(is(1, "hop0", 0xfd));
	ck_assert(keptlog_has("error next hop " FIRST " at hop0 does not "
			      "answer, and no other next hop answers"));
}
END_TEST

START_TEST(a_gateway_of_another_destination_is_none_of_this_one)
{
	netspace_run("ip route add 192.0.2.0/24 via 10.8.0.254");
	neighbour("10.8.0.254", "88", "far0", "permanent");
	follow(2, "192.0.2.7");
	let_it_run(3000);
	ck_assert(is(2, "far0", 0x88));
	dies("10.8.0.254", "far0");
	ck_assert(is(2, "far0", 0x88));
	/* A shorter prefix was not written for it. */
	netspace_run("ip route add default via " FIRST);
	let_it_run(3000);
	ck_assert(is(2, "far0", 0x88));
}
END_TEST

START_TEST(the_kernels_packets_of_probes_go_by_the_other_gateway)
{
	const char *asks = "ip route get 203.0.113.7 mark 2525";

	ck_assert_uint_eq(DETOUR_MARK, 2525);
	ck_assert(prints(asks, "via " FIRST));
	dies(FIRST, "hop0");
	ck_assert(prints(asks, "via " SECOND));
	ck_assert(prints("ip route get 203.0.113.7", "via " FIRST));
	neighbour(FIRST, "fd", "hop0", "permanent");
	let_it_run(1000 * (REACH_WAIT_S + 2));
	ck_assert(prints(asks, "via " FIRST));
	dies(FIRST, "hop0");
	nexthops_free(hops);
	ck_assert(!prints("ip rule", "2525"));
	ck_assert(!prints("ip route show table 2525 2>&1", "via"));
	start();
}
END_TEST

START_TEST(a_detour_that_a_killed_process_left_ends)
{
	netspace_run("ip route add 203.0.113.9 via " SECOND " table 2525");
	follow(2, "203.0.113.9");
	ck_assert(!prints("ip route show table 2525 2>&1", "via"));
}
END_TEST

START_TEST(clients_behind_a_dead_router_get_the_other_ones_mac)
{
	ck_assert_uint_eq(find(FIRST)->moved_s, 0);
	dies(FIRST, "hop0");
	const struct mx_way *way = find(FIRST);
	ck_assert(way->gateway && way->instead);
	ck_assert_uint_eq(way->before[5], 0xfd);
	ck_assert_uint_eq(way->mac[5], 0xfe);
	ck_assert_uint_ne(way->moved_s, 0);
	ck_assert_uint_eq(find(SECOND)->moved_s, 0);
	/* When it is back, no session is moved: those of the other router
	 * cannot be told apart. */
	neighbour(FIRST, "fd", "hop0", "permanent");
	let_it_run(1000 * (REACH_WAIT_S + 2));
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
	neighbour("10.8.0.254", "88", "far0", "permanent");
	follow(2, "198.18.0.7");
	let_it_run(3000);
	ck_assert(is(2, "far0", 0x88));
	ck_assert_uint_eq(nexthops_get(hops, 2)->others, 2);
	ck_assert_uint_eq(find("10.8.0.254")->to_port, 1);
	dies("10.8.0.254", "far0");
	ck_assert(is(2, "hop0", 0xfd));
	ck_assert_uint_eq(find("10.8.0.254")->port, 1);
	ck_assert_uint_eq(find("10.8.0.254")->to_port, 0);
}
END_TEST

/* The kernel keeps the route of an interface that lost its link, and uses it. */
START_TEST(a_router_whose_link_is_down_is_left_at_once)
{
	netspace_run("ip route add 198.18.0.0/15 via 10.8.0.254");
	netspace_run("ip route add 198.18.0.0/15 via " FIRST " metric 9");
	neighbour("10.8.0.254", "88", "far0", "permanent");
	follow(2, "198.18.0.7");
	let_it_run(2000);
	ck_assert(is(2, "far0", 0x88));
	netspace_run("ip link set far1 down");
	/* The kernel tells of it up to a second later. */
	for (int i = 0; i < 5000 && !is(2, "hop0", 0xfd); i++) {
		usleep(1000);
		let_it_run(100);
	}
	ck_assert(is(2, "hop0", 0xfd));
	ck_assert_uint_eq(find("10.8.0.254")->to_port, 0);
	ck_assert(keptlog_has("warn next hop 10.8.0.254 at far0 has no link: "
			      "10.9.0.253 at hop0 is used"));
	netspace_run("ip link set far1 up");
	neighbour("10.8.0.254", "88", "far0", "permanent");
	for (int i = 0; i < 5000 && !is(2, "far0", 0x88); i++) {
		usleep(1000);
		let_it_run(100);
	}
	ck_assert(is(2, "far0", 0x88));
}
END_TEST

START_TEST(a_router_that_leaves_the_routes_is_replaced_as_well)
{
	netspace_run("ip route del 203.0.113.0/24 via " FIRST);
	let_it_run(3000);
	const struct mx_way *way = find(FIRST);
	ck_assert(is(1, "hop0", 0xfe));
	ck_assert(way->gateway && way->instead);
	ck_assert_uint_eq(way->before[5], 0xfd);
	ck_assert_uint_eq(way->mac[5], 0xfe);
	netspace_run("ip route add 203.0.113.0/24 via " FIRST);
	let_it_run(3000);
	ck_assert(!find(FIRST)->instead);
}
END_TEST

START_TEST(a_new_process_does_not_move_sessions_back)
{
	struct mx_way last[MX_WAYS_MAX];

	dies(FIRST, "hop0");
	const uint16_t count = ways_rows(nexthops_ways(hops), row);
	memcpy(last, row, sizeof(last));
	nexthops_free(hops);
	neighbour(FIRST, "fd", "hop0", "permanent");
	start();
	ways_seed(nexthops_ways(hops), last, count);
	ck_assert_uint_eq(find(FIRST)->before[5], 0xfd);
	let_it_run(3000);
	ck_assert_uint_eq(find(FIRST)->mac[5], 0xfd);
	ck_assert_uint_eq(find(FIRST)->moved_s, 0);
}
END_TEST

START_TEST(a_new_process_that_finds_it_dead_moves_nothing_anew)
{
	struct mx_way last[MX_WAYS_MAX];

	dies(FIRST, "hop0");
	const uint16_t count = ways_rows(nexthops_ways(hops), row);
	memcpy(last, row, sizeof(last));
	nexthops_free(hops);
	let_it_run(20000);
	start();
	ways_seed(nexthops_ways(hops), last, count);
	let_it_run(3000);
	ck_assert_uint_eq(ways_rows(nexthops_ways(hops), row), count);
	ck_assert_mem_eq(row, last, count * sizeof(row[0]));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("routers");

	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	TCase *t = tcase_create("namespace");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_administrators_entry_is_not_asked);
	tcase_add_test(t, a_route_of_a_higher_metric_takes_over);
	tcase_add_test(t, a_failure_that_lasts_a_moment_counts);
	tcase_add_test(t, it_is_used_again_when_it_has_answered_for_a_while);
	tcase_add_test(t, a_multipath_route_is_left_at_its_dead_next_hop);
	tcase_add_test(t, a_gateway_is_left_only_for_one_that_answers);
	tcase_add_test(t, a_gateway_of_another_destination_is_none_of_this_one);
	tcase_add_test(t,
		       the_kernels_packets_of_probes_go_by_the_other_gateway);
	tcase_add_test(t, a_detour_that_a_killed_process_left_ends);
	tcase_add_test(t, clients_behind_a_dead_router_get_the_other_ones_mac);
	tcase_add_test(t, the_other_router_may_be_at_another_port);
	tcase_add_test(t, a_router_whose_link_is_down_is_left_at_once);
	tcase_add_test(t, a_router_that_leaves_the_routes_is_replaced_as_well);
	tcase_add_test(t, a_new_process_does_not_move_sessions_back);
	tcase_add_test(t, a_new_process_that_finds_it_dead_moves_nothing_anew);
	suite_add_tcase(s, t);
	return s;
}
