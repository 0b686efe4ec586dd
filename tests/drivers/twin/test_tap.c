/* SPDX-License-Identifier: BSD-3-Clause */
/* The TAP of a twin: it outlives its process with its addresses and routes, and
 * mxsteer takes over and removes no interface of others.
 * Method: a network namespace of its own; ip(8) looks at what was made. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keptlog.h"
#include "link.h"
#include "netspace.h"
#include "rtlink.h"
#include "runner.h"
#include "tap.h"

#define NOBODY 65534

static const struct tap wan = {
	.interface = "wan0",
	.instance = "main",
	.mac = {0x02, 0, 0, 0, 0, 0x11},
	.mtu = 1400,
};
static char reason[TAP_REASON_MAX];

static void
setup(void)
{
	netspace_enter();
	keptlog_begin();
}

static void
ck_made(const struct tap *tap)
{
	ck_assert_msg(tap_make(tap, reason) == 0, "%s", reason);
}

static void
ck_refused(const struct tap *tap, int error, const char *text)
{
	reason[0] = '\0';
	ck_assert_int_eq(tap_make(tap, reason), error);
	ck_assert_msg(strstr(reason, text) != NULL, "%s", reason);
}

START_TEST(a_tap_has_the_mac_and_the_mtu_of_its_port_and_stays)
{
	struct link_state state;
	struct rtlink link;

	ck_made(&wan);
	ck_assert_int_eq(link_read("wan0", &state), 0);
	ck_assert_mem_eq(state.mac, wan.mac, sizeof(wan.mac));
	ck_assert_uint_eq(state.mtu, 1400);
	netspace_run(
		"ip -d link show wan0 | grep -q 'tap.*multi_queue.*persist on'");
	netspace_run("ip link show wan0 | grep -q '[<,]UP[,>]'");
	ck_assert_int_eq(rtlink_read("wan0", &link), 0);
	ck_assert_str_eq(link.alias, "mxsteer twin of main");
}
END_TEST

START_TEST(making_it_again_keeps_its_addresses_and_routes)
{
	struct link_state before, after;

	ck_made(&wan);
	netspace_run("ip address add 192.0.2.2/24 dev wan0");
	netspace_run("ip -6 address add 2001:db8::2/64 dev wan0 nodad");
	netspace_run("ip route add default via 192.0.2.1");
	ck_assert_int_eq(link_read("wan0", &before), 0);
	ck_made(&wan);
	ck_assert_int_eq(link_read("wan0", &after), 0);
	ck_assert_int_eq(after.index, before.index);
	netspace_run("ip address show wan0 | grep -q 192.0.2.2/24");
	netspace_run("ip address show wan0 | grep -q 2001:db8::2/64");
	netspace_run("ip route | grep -q 'default via 192.0.2.1'");
}
END_TEST

START_TEST(an_interface_that_is_no_tap_is_not_touched)
{
	netspace_run("ip link add wan0 type veth peer name far0");
	ck_refused(&wan, -EEXIST, "no TAP");
	netspace_run("ip link show wan0 | grep -q 'mtu 1500'");
	netspace_run("ip link delete wan0");
	netspace_run("ip tuntap add wan0 mode tun multi_queue");
	ck_refused(&wan, -EEXIST, "no TAP");
}
END_TEST

START_TEST(a_tap_of_one_queue_is_refused)
{
	netspace_run("ip tuntap add wan0 mode tap");
	ck_refused(&wan, -EINVAL, "one queue");
}
END_TEST

START_TEST(a_tap_of_another_instance_is_refused)
{
	struct tap other = wan;

	other.instance = "other";
	ck_made(&other);
	ck_refused(&wan, -EBUSY, "of a port of instance other");
}
END_TEST

START_TEST(a_tap_that_another_program_has_open_is_refused)
{
	struct ifreq request = {
		.ifr_name = "wan0",
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
	};
	const int fd = open("/dev/net/tun", O_RDWR);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, TUNSETIFF, &request), 0);
	ck_refused(&wan, -EBUSY, "another program");
	close(fd);
}
END_TEST

/* The exit status of a user without rights who opens the TAP: 0 or an errno. */
static int
open_as_nobody(void)
{
	struct ifreq request = {
		.ifr_name = "wan0",
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
	};
	const pid_t child = fork();
	int status;

	if (child == 0) {
		const int fd = open("/dev/net/tun", O_RDWR);

		if (fd < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
			_exit(255);
		_exit(ioctl(fd, TUNSETIFF, &request) < 0 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

START_TEST(no_other_user_can_open_the_tap)
{
	/* One that the operator has made has no owner. */
	if (_i == 1) {
		netspace_run("ip tuntap add wan0 mode tap multi_queue");
		ck_assert_int_eq(open_as_nobody(), 0);
	}
	ck_made(&wan);
	ck_assert_int_eq(open_as_nobody(), EPERM);
}
END_TEST

START_TEST(a_name_that_no_interface_can_have_is_refused)
{
	struct tap bad = wan;

	bad.interface = "wan/0";
	ck_refused(&bad, -EINVAL, "wan/0");
}
END_TEST

START_TEST(only_the_twins_of_an_instance_are_removed)
{
	struct tap lan = wan, other = wan, made_before = wan;

	lan.interface = "lan0";
	other.interface = "oth0";
	other.instance = "other";
	made_before.interface = "pre0";
	netspace_run("ip tuntap add pre0 mode tap multi_queue");
	ck_made(&wan);
	ck_made(&lan);
	ck_made(&other);
	ck_made(&made_before);
	ck_assert_uint_eq(tap_remove_all("mai"), 0);
	ck_assert_uint_eq(tap_remove_all("main"), 2);
	ck_assert_uint_eq(tap_remove_all("main"), 0);
	netspace_run("! ip link show wan0 2>/dev/null");
	netspace_run("! ip link show lan0 2>/dev/null");
	netspace_run("ip link show oth0 >/dev/null");
	netspace_run("ip link show pre0 >/dev/null");
}
END_TEST

START_TEST(a_twin_that_no_port_has_any_more_is_reported)
{
	const char *names[] = {"lan0"};
	struct tap lan = wan;

	lan.interface = "lan0";
	ck_made(&wan);
	ck_made(&lan);
	tap_warn_unused("main", names, 1);
	ck_assert_ptr_nonnull(strstr(keptlog_text(), "interface wan0 was"));
	ck_assert_ptr_null(strstr(keptlog_text(), "interface lan0 was"));
}
END_TEST

START_TEST(the_carrier_can_be_set)
{
	struct rtlink link;
	struct ifreq request = {
		.ifr_name = "wan0",
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
	};
	const int fd = open("/dev/net/tun", O_RDWR);

	ck_made(&wan);
	ck_assert_int_eq(ioctl(fd, TUNSETIFF, &request), 0);
	ck_assert_int_eq(rtlink_set_carrier("wan0", false), 0);
	ck_assert_int_eq(rtlink_read("wan0", &link), 0);
	ck_assert(!link.carrier);
	ck_assert_int_eq(rtlink_set_carrier("wan0", true), 0);
	ck_assert_int_eq(rtlink_read("wan0", &link), 0);
	ck_assert(link.carrier);
	ck_assert_int_eq(rtlink_set_carrier("none0", true), -ENODEV);
	close(fd);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tap");
	TCase *t = tcase_create("namespace");

	suite_add_tcase(s, t);
	if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) != 0) {
		puts("not root, or no /dev/net/tun: without these tests");
		return s;
	}
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_tap_has_the_mac_and_the_mtu_of_its_port_and_stays);
	tcase_add_test(t, making_it_again_keeps_its_addresses_and_routes);
	tcase_add_test(t, an_interface_that_is_no_tap_is_not_touched);
	tcase_add_test(t, a_tap_of_one_queue_is_refused);
	tcase_add_test(t, a_tap_of_another_instance_is_refused);
	tcase_add_test(t, a_tap_that_another_program_has_open_is_refused);
	tcase_add_loop_test(t, no_other_user_can_open_the_tap, 0, 2);
	tcase_add_test(t, a_name_that_no_interface_can_have_is_refused);
	tcase_add_test(t, only_the_twins_of_an_instance_are_removed);
	tcase_add_test(t, a_twin_that_no_port_has_any_more_is_reported);
	tcase_add_test(t, the_carrier_can_be_set);
	return s;
}
