/* SPDX-License-Identifier: BSD-3-Clause */
/* Two gateways for one backend: the other one takes the place of one that does
 * not answer, for frames and for packets of probes.
 * Method: hoprig.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "detour.h"
#include "hoprig.h"
#include "keptlog.h"
#include "netspace.h"
#include "routers.h"
#include "runner.h"

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

/* A question would make the kernel take answers for it. */
START_TEST(an_administrators_entry_is_not_asked)
{
	nexthops_doubt(hoprig_hops, 1);
	hoprig_run(3000);
	ck_assert(prints("ip neigh show " FIRST, "PERMANENT"));
	ck_assert(prints("ip neigh show " SECOND, "PERMANENT"));
}
END_TEST

START_TEST(a_route_of_a_higher_metric_takes_over)
{
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfd));
	ck_assert(!nexthops_get(hoprig_hops, 1)->turned);
	hoprig_dies(FIRST, "hop0");
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfe));
	ck_assert(nexthops_get(hoprig_hops, 1)->turned);
	ck_assert(keptlog_has("warn next hop " FIRST
			      " at hop0 does not answer: " SECOND
			      " at hop0 is used"));
}
END_TEST

/* The next packet to a neighbour that failed makes the kernel ask anew, before
 * anyone could look. */
START_TEST(a_failure_that_lasts_a_moment_counts)
{
	hoprig_neighbour(FIRST, "00", "hop0", "failed");
	netspace_run("ip neigh replace " FIRST " dev hop0 nud incomplete");
	ck_assert(!prints("ip neigh show " FIRST, "FAILED"));
	hoprig_run(250);
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfe));
	ck_assert(nexthops_get(hoprig_hops, 1)->turned);
}
END_TEST

START_TEST(it_is_used_again_when_it_has_answered_for_a_while)
{
	hoprig_dies(FIRST, "hop0");
	hoprig_neighbour(FIRST, "fd", "hop0", "permanent");
	hoprig_run(1000 * (REACH_WAIT_S - 1));
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfe));
	hoprig_run(2000);
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfd));
	ck_assert(!nexthops_get(hoprig_hops, 1)->turned);
	ck_assert(keptlog_has("info next hop " FIRST " at hop0 is used again"));
}
END_TEST

START_TEST(a_multipath_route_is_left_at_its_dead_next_hop)
{
	netspace_run("ip route flush 203.0.113.0/24");
	netspace_run("ip route add 203.0.113.0/24 nexthop via " FIRST
		     " nexthop via " SECOND);
	hoprig_run(3000);
	const bool first = hoprig_goes(hoprig_hops, 1, "hop0", 0xfd);
	hoprig_dies(first ? FIRST : SECOND, "hop0");
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", first ? 0xfe : 0xfd));
}
END_TEST

START_TEST(a_gateway_is_left_only_for_one_that_answers)
{
	hoprig_dies(SECOND, "hop0");
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfd));
	hoprig_dies(FIRST, "hop0");
	ck_assert(hoprig_goes(hoprig_hops, 1, "hop0", 0xfd));
	ck_assert(keptlog_has("error next hop " FIRST " at hop0 does not "
			      "answer, and no other next hop answers"));
}
END_TEST

START_TEST(a_gateway_of_another_destination_is_none_of_this_one)
{
	netspace_run("ip route add 192.0.2.0/24 via 10.8.0.254");
	hoprig_neighbour("10.8.0.254", "88", "far0", "permanent");
	hoprig_follow(hoprig_hops, 2, "192.0.2.7");
	hoprig_run(3000);
	ck_assert(hoprig_goes(hoprig_hops, 2, "far0", 0x88));
	hoprig_dies("10.8.0.254", "far0");
	ck_assert(hoprig_goes(hoprig_hops, 2, "far0", 0x88));
	/* A shorter prefix was not written for it. */
	netspace_run("ip route add default via " FIRST);
	hoprig_run(3000);
	ck_assert(hoprig_goes(hoprig_hops, 2, "far0", 0x88));
}
END_TEST

START_TEST(the_kernels_packets_of_probes_go_by_the_other_gateway)
{
	const char *asks = "ip route get 203.0.113.7 mark 2525";

	ck_assert_uint_eq(DETOUR_MARK, 2525);
	ck_assert(prints(asks, "via " FIRST));
	hoprig_dies(FIRST, "hop0");
	ck_assert(prints(asks, "via " SECOND));
	ck_assert(prints("ip route get 203.0.113.7", "via " FIRST));
	hoprig_neighbour(FIRST, "fd", "hop0", "permanent");
	hoprig_run(1000 * (REACH_WAIT_S + 2));
	ck_assert(prints(asks, "via " FIRST));
	hoprig_dies(FIRST, "hop0");
	nexthops_free(hoprig_hops);
	ck_assert(!prints("ip rule", "2525"));
	ck_assert(!prints("ip route show table 2525 2>&1", "via"));
	hoprig_start();
}
END_TEST

START_TEST(a_detour_that_a_killed_process_left_ends)
{
	netspace_run("ip route add 203.0.113.9 via " SECOND " table 2525");
	hoprig_follow(hoprig_hops, 2, "203.0.113.9");
	ck_assert(!prints("ip route show table 2525 2>&1", "via"));
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
	tcase_add_checked_fixture(t, hoprig_setup, hoprig_teardown);
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
	suite_add_tcase(s, t);
	return s;
}
