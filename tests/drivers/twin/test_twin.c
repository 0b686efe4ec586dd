/* SPDX-License-Identifier: BSD-3-Clause */
/* A twin that cannot start leaves its TAP to the next attempt.
 * Method: a network namespace of its own, and a pool whose frames are all
 * taken, so that DPDK opens the TAP and cannot start its queues. */
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "keptlog.h"
#include "netspace.h"
#include "rigports.h"
#include "rtlink.h"
#include "runner.h"
#include "twin.h"

#define FRAMES_MAX 65536u

static struct twin_request wanted = {
	.interface = "wan0",
	.instance = "main",
	.kind = MX_TWIN_TAP,
	.mac = {{2, 0, 0, 0, 0, 0x11}},
	.mtu = 1400,
	.workers = 2,
};

static void
setup(void)
{
	netspace_enter();
	keptlog_begin();
	rig_start_dpdk();
	wanted.frame_pool = rig_ports.pool;
}

START_TEST(a_twin_that_cannot_start_leaves_the_tap_to_the_next_attempt)
{
	static struct rte_mbuf *taken[FRAMES_MAX];
	struct rtlink link;
	struct twin twin;
	unsigned count = 0;

	while (count < FRAMES_MAX &&
	       (taken[count] = rte_pktmbuf_alloc(rig_ports.pool)) != NULL)
		count++;
	const uint16_t ports = rte_eth_dev_count_avail();
	ck_assert_int_ne(twin_make(&wanted, &twin), 0);
	ck_assert_uint_eq(rte_eth_dev_count_avail(), ports);
	ck_assert_int_eq(rtlink_read("wan0", &link), 0);
	ck_assert(!link.carrier);
	rte_pktmbuf_free_bulk(taken, count);
	ck_assert_int_eq(twin_make(&wanted, &twin), 0);
	ck_assert_int_eq(rtlink_read("wan0", &link), 0);
	ck_assert(link.carrier);
	ck_assert_uint_eq(twin.queues, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("twin");
	TCase *t = tcase_create("namespace");

	suite_add_tcase(s, t);
	if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) != 0) {
		puts("not root, or no /dev/net/tun: without this test");
		return s;
	}
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(
		t, a_twin_that_cannot_start_leaves_the_tap_to_the_next_attempt);
	return s;
}
