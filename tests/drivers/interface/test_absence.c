/* SPDX-License-Identifier: BSD-3-Clause */
/* Hardware that is absent: which parts of a port are, and when one that came may
 * be opened.
 * Method: cards that no host has, and interfaces in a network namespace of the
 * test. */
#include <string.h>

#include "absence.h"
#include "netspace.h"
#include "runner.h"

#define ABSENT "ffff:1f:1f.7"
#define ABSENT_TOO "ffff:1f:1f.6"

/* clang-format off */
static const struct {
	const char *device;
	uint32_t absent;
} devices[] = {
	{"net_tap0,iface=dev0", 0},
	{ABSENT, 1},
	{ABSENT ",a=b", 1},
	{"net_bonding0,mode=1,member=net_tap0,member=net_tap1", 0},
	{"net_bonding0,mode=1,member=net_tap0,member=" ABSENT, 4},
	{"net_bonding0,mode=4,slave=" ABSENT ",slave=net_tap1", 2},
	{"net_bonding0,mode=4,slave=" ABSENT ",slave=" ABSENT_TOO, 7},
};
/* clang-format on */

START_TEST(each_absent_part_of_a_port_is_named)
{
	struct mx_config_port port = {.driver = MX_DRIVER_DPDK};

	strcpy(port.device, devices[_i].device);
	ck_assert_uint_eq(absence_of_port(&port), devices[_i].absent);
	ck_assert(!absence_ended(&port, devices[_i].absent, 1));
}
END_TEST

START_TEST(an_interface_that_came_is_opened_once_it_suits_the_driver)
{
	const struct mx_config_port port = {
		.driver = MX_DRIVER_AF_PACKET,
		.interface = "late0",
	};

	netspace_enter();
	ck_assert_uint_eq(absence_of_port(&port), 1);
	ck_assert(!absence_ended(&port, 1, 1));
	netspace_run("ip link add late0 mtu 9000 type veth peer name late1");
	ck_assert_uint_eq(absence_of_port(&port), 0);
	ck_assert(!absence_ended(&port, 1, 1));
	netspace_run("ip link set late0 mtu 1500");
	ck_assert(absence_ended(&port, 1, 1));
	/* It was there at the start. */
	ck_assert(!absence_ended(&port, 0, 1));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("absence");
	TCase *t = tcase_create("absence");

	tcase_add_loop_test(t, each_absent_part_of_a_port_is_named, 0,
			    (int)(sizeof(devices) / sizeof(devices[0])));
	tcase_add_test(
		t, an_interface_that_came_is_opened_once_it_suits_the_driver);
	suite_add_tcase(s, t);
	return s;
}
