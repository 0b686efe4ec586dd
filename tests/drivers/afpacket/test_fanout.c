/* SPDX-License-Identifier: BSD-3-Clause */
/* A fanout group that another process has is noticed before DPDK joins it.
 * Method: a network namespace of its own.  A socket joins the group of this
 * process, as DPDK's sockets do. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver.h"
#include "fanout.h"
#include "keptlog.h"
#include "netspace.h"
#include "runner.h"

static const struct mx_config_port port = {
	.name = "wan",
	.driver = MX_DRIVER_AF_PACKET,
	.interface = "wan0",
};

static void
setup(void)
{
	netspace_enter();
	netspace_run("ip link add wan0 type veth peer name wan1");
	netspace_run("ip link set wan0 up && ip link set wan1 up");
	keptlog_begin();
}

/* Join the group that this process has at wan0, by a socket of `interface`. */
static int
join(const char *interface)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	const int group = fanout_group((int)if_nametoindex("wan0")) |
			  (PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG |
			   PACKET_FANOUT_FLAG_ROLLOVER)
				  << 16;
	const int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
		bind(fd, (const struct sockaddr *)&address, sizeof(address)),
		0);
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &group,
				    sizeof(group)),
			 0);
	return fd;
}

START_TEST(a_group_of_another_process_is_refused)
{
	char text[DRIVER_TEXT_MAX];
	const int fd = join(_i == 0 ? "wan0" : "wan1");

	ck_assert(fanout_is_taken("wan0"));
	ck_assert_int_ne(driver_afpacket.devargs(&port, 0, 1, text), 0);
	ck_assert_msg(strstr(text, "fanout group") != NULL, "%s", text);
	close(fd);
	ck_assert(!fanout_is_taken("wan0"));
	ck_assert_msg(driver_afpacket.devargs(&port, 0, 1, text) == 0, "%s",
		      text);
	close(join("wan0"));
}
END_TEST

START_TEST(an_interface_that_is_down_has_no_group)
{
	netspace_run("ip link set wan0 down");
	ck_assert(!fanout_is_taken("wan0"));
	ck_assert(!fanout_is_taken("none0"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("fanout");
	TCase *t = tcase_create("namespace");

	suite_add_tcase(s, t);
	if (geteuid() != 0) {
		puts("not root: without these tests");
		return s;
	}
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, a_group_of_another_process_is_refused, 0, 2);
	tcase_add_test(t, an_interface_that_is_down_has_no_group);
	return s;
}
