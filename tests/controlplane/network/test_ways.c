/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways back to clients, by the kernel's tables, and backends that get
 * packets and send none.
 * Method: the test's own network namespace with a veth pair, changed by
 * ip(8). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "faketime.h"
#include "netspace.h"
#include "nexthop.h"
#include "routers.h"
#include "runner.h"
#include "unanswered.h"

static struct event_base *base;
static struct nexthops *hops;
static struct mx_config_dataplane ports;
static struct mx_way row[MX_WAYS_MAX];
static uint32_t changes;

static void
on_change(void *arg)
{
	(void)arg;
	changes++;
}

static void
start(void)
{
	hops = nexthops_new(base, on_change, NULL);
	ck_assert_ptr_nonnull(hops);
	ways_follow(nexthops_ways(hops), &ports);
	nexthops_refresh(hops);
	changes = 0;
}

static void
setup(void)
{
	netspace_enter();
	netspace_run("ip link add way0 type veth peer name way1");
	netspace_run("ip link add own0 type veth peer name own1");
	netspace_run("ip address add 10.9.0.1/24 dev way0");
	netspace_run("ip address add fd09::1/64 dev way0 nodad");
	netspace_run("ip address add 10.8.0.1/24 dev own0");
	netspace_run(
		"for i in way0 way1 own0 own1; do ip link set $i up; done");
	netspace_run("ip route add default via 10.9.0.254");
	netspace_run("ip route add default via fd09::fe");
	netspace_run("ip route add 192.0.2.0/24 via 10.8.0.254");
	netspace_run(
		"ip neigh add 10.9.0.254 lladdr 02:00:00:00:00:fe dev way0");
	netspace_run(
		"ip neigh add 10.8.0.254 lladdr 02:00:00:00:00:88 dev own0");
	base = event_base_new();
	ports = (struct mx_config_dataplane){.port_count = 2};
	strcpy(ports.port[0].interface, "eth99");
	strcpy(ports.port[1].interface, "way0");
	start();
}

static void
teardown(void)
{
	nexthops_free(hops);
	event_base_free(base);
}

static void
let_it_run(uint64_t ms)
{
	faketime_run(base, ms);
}

/* The row of an address, or NULL. */
static const struct mx_way *
find(const char *text)
{
	const uint16_t count = ways_rows(nexthops_ways(hops), row);
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	for (uint16_t i = 0; i < count; i++)
		if (mx_addr_equal(&row[i].hop, &addr))
			return &row[i];
	return NULL;
}

START_TEST(a_gateway_at_a_port_is_a_way)
{
	const struct mx_way *way = find("10.9.0.254");

	ck_assert_ptr_nonnull(way);
	ck_assert(way->gateway);
	ck_assert_uint_eq(way->port, 1);
	ck_assert_uint_eq(way->mac[5], 0xfe);
	ck_assert_uint_eq(way->moved_s, 0);
	ck_assert_ptr_null(find("10.8.0.254")); /* on an interface that is no
						 * port */
	ck_assert_ptr_null(find("fd09::fe"));   /* its MAC address is unknown */
	netspace_run("ip neigh add fd09::fe lladdr 02:00:00:00:00:f6 dev way0");
	let_it_run(250);
	ck_assert_uint_eq(find("fd09::fe")->mac[5], 0xf6);
	ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(a_gateway_that_moves_says_where_it_was)
{
	netspace_run(
		"ip neigh replace 10.9.0.254 lladdr 02:00:00:00:00:aa dev way0");
	let_it_run(250);
	const struct mx_way *way = find("10.9.0.254");
	ck_assert_uint_eq(way->mac[5], 0xaa);
	ck_assert_uint_eq(way->before[5], 0xfe);
	ck_assert_uint_ne(way->moved_s, 0);
	ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(a_host_becomes_a_way_when_it_moves)
{
	netspace_run("ip neigh add 10.9.0.7 lladdr 02:00:00:00:00:07 dev way0");
	let_it_run(250);
	ck_assert_ptr_null(find("10.9.0.7"));
	ck_assert_uint_eq(changes, 0);
	netspace_run(
		"ip neigh replace 10.9.0.7 lladdr 02:00:00:00:00:70 dev way0");
	let_it_run(250);
	const struct mx_way *way = find("10.9.0.7");
	ck_assert(!way->gateway);
	ck_assert_uint_eq(way->before[5], 0x07);
	ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(what_the_kernel_forgets_is_kept)
{
	netspace_run("ip neigh del 10.9.0.254 dev way0");
	let_it_run(250);
	ck_assert_uint_eq(find("10.9.0.254")->mac[5], 0xfe);
	ck_assert_uint_eq(changes, 0);
}
END_TEST

START_TEST(a_move_while_no_control_plane_ran_is_found)
{
	const uint16_t count = ways_rows(nexthops_ways(hops), row);
	struct mx_way last[MX_WAYS_MAX];

	memcpy(last, row, sizeof(last));
	nexthops_free(hops);
	netspace_run(
		"ip neigh replace 10.9.0.254 lladdr 02:00:00:00:00:aa dev way0");
	start();
	ck_assert_uint_eq(find("10.9.0.254")->moved_s, 0);
	ways_seed(nexthops_ways(hops), last, count);
	const struct mx_way *way = find("10.9.0.254");
	ck_assert_uint_eq(way->mac[5], 0xaa);
	ck_assert_uint_eq(way->before[5], 0xfe);
	ck_assert_uint_ne(way->moved_s, 0);
}
END_TEST

START_TEST(a_new_process_that_finds_the_same_says_the_same)
{
	struct mx_way last[MX_WAYS_MAX];

	netspace_run(
		"ip neigh replace 10.9.0.254 lladdr 02:00:00:00:00:aa dev way0");
	let_it_run(250);
	memset(row, 0, sizeof(row));
	const uint16_t count = ways_rows(nexthops_ways(hops), row);
	memcpy(last, row, sizeof(last));
	nexthops_free(hops);
	start();
	ways_seed(nexthops_ways(hops), last, count);
	memset(row, 0, sizeof(row));
	ck_assert_uint_eq(ways_rows(nexthops_ways(hops), row), count);
	ck_assert_mem_eq(row, last, sizeof(last));
}
END_TEST

START_TEST(a_gateway_that_nobody_knows_is_looked_for)
{
	char line[512] = "";

	let_it_run(ROUTERS_PROBE_S * 1000 + 500);
	FILE *neighbours = popen("ip -6 neigh show dev way0", "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), neighbours));
	ck_assert_msg(strstr(line, "fd09::fe") != NULL, "%s", line);
	pclose(neighbours);
}
END_TEST

static struct unanswered unanswered;
static struct mx_region *region;

static bool
look(uint64_t in, uint64_t out)
{
	region->worker[0].backend[3].packets_in = in;
	region->worker[0].backend[3].packets_out = out;
	return unanswered_look(&unanswered, region, 3);
}

START_TEST(a_backend_that_is_sent_packets_and_sends_none_is_told)
{
	memset(&unanswered, 0, sizeof(unanswered));
	region = calloc(1, sizeof(*region));
	region->header.workers = 1;
	ck_assert(!look(0, 0));
	ck_assert(!look(10, 8));
	ck_assert(!look(20, 9));
	ck_assert(!look(20, 9)); /* nothing was sent */
	ck_assert(look(21, 9));
	for (int i = 0; i < UNANSWERED_PAUSE; i++)
		ck_assert(!look(22 + (uint64_t)i, 9));
	ck_assert(look(40, 9));
	for (int i = 0; i < UNANSWERED_PAUSE; i++)
		ck_assert(!look(40, 9));
	ck_assert(!look(3, 0)); /* another data plane */
	free(region);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ways");
	TCase *t = tcase_create("unanswered");

	tcase_add_test(t,
		       a_backend_that_is_sent_packets_and_sends_none_is_told);
	suite_add_tcase(s, t);
	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	t = tcase_create("namespace");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_gateway_at_a_port_is_a_way);
	tcase_add_test(t, a_gateway_that_moves_says_where_it_was);
	tcase_add_test(t, a_host_becomes_a_way_when_it_moves);
	tcase_add_test(t, what_the_kernel_forgets_is_kept);
	tcase_add_test(t, a_move_while_no_control_plane_ran_is_found);
	tcase_add_test(t, a_new_process_that_finds_the_same_says_the_same);
	tcase_add_test(t, a_gateway_that_nobody_knows_is_looked_for);
	suite_add_tcase(s, t);
	return s;
}
