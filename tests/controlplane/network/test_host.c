/* SPDX-License-Identifier: BSD-3-Clause */
/* Hazards of this host that stop mail are found before the start, and logged
 * when they appear later.
 * Method: the test's own network namespace, changed by ip(8) and sysctl(8).
 * Without the privilege for one nothing is tested. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findings.h"
#include "host.h"
#include "netspace.h"
#include "plane.h"
#include "runner.h"
#include "smallfile.h"
#include "sweep.h"

static struct host *host;

static void
enter_net(void)
{
	netspace_enter();
	netspace_run("ip link add wan0 type veth peer name wan1");
	netspace_run("ip address add 198.51.100.2/24 dev wan0");
	netspace_run("ip address add 10.0.2.1/24 dev wan0");
	netspace_run("ip link set wan0 up; ip link set wan1 up");
	netspace_run("echo 0 > /proc/sys/net/ipv4/ip_forward");
}

static void
setup(void)
{
	enter_net();
	host = host_new();
	ck_assert_ptr_nonnull(host);
}

static void
teardown(void)
{
	host_free(host);
}

/* A file in which everything is right in this namespace, but for a change. */
static const char right[] = SMALLFILE(
	"x", "[0]", "1000", "name: wan, driver: af_packet, interface: wan0");

/* Check the file with `from` written as `to`; "" for as it is. */
static void
check(const char *from, const char *to)
{
	struct mx_config *config = smallfile_parse(right, from, to);

	findings = (struct hazards){.count = 0};
	host_check(host, config, &findings);
	mx_config_free(config);
}

START_TEST(a_host_that_is_right_stops_no_mail)
{
	check("", "");
	ck_assert_msg(!hazards_stop_mail(&findings), "%s",
		      findings.list[0].text);
}
END_TEST

static const struct {
	const char *command;
	const char *from, *to;
	const char *wanted;
} wrong[] = {
	{"true", "interface: wan0", "interface: wan7",
	 "port wan: there is no interface wan7 on this host"},
	{"ip link set wan0 down", "", "",
	 "port wan: interface wan0 is down: `ip link set wan0 up`"},
	{"ip link set wan0 mtu 9000", "", "",
	 "interface wan0 has an MTU of 9000, and the driver takes up to 1900"},
	{"ip link set wan0 mtu 1800", "af_packet", "af_xdp",
	 "interface wan0 has an MTU of 1800, and the driver takes up to 1778"},
	{"ip link add wan8 numrxqueues 2 numtxqueues 2 type veth peer name "
	 "wan9 numrxqueues 2 numtxqueues 2",
	 "driver: af_packet, interface: wan0",
	 "driver: af_xdp, interface: wan8",
	 "port wan: interface wan8 has 2 receive queues that are not paired "
	 "with others; af_xdp can serve but one: `ethtool -L wan8 rx 1 tx 1`"},
	{"true", "workers: [0]", "workers: [1023]",
	 "dataplane.workers: this host has no core 1023"},
	{"ip address add 198.51.100.25/32 dev lo", "", "",
	 "VIP 198.51.100.25 is an address of this host"},
	{"ip address add 10.0.2.100/24 dev wan0", "", "",
	 "SNAT address 10.0.2.100 is an address of this host"},
	{"true", "10.0.2.11", "192.0.2.11",
	 "backend mx/a (192.0.2.11): this host has no route to it"},
	{"true", "10.0.2.11", "10.0.2.1",
	 "backend mx/a (10.0.2.1) is this host itself"},
	{"ip route add 192.0.2.0/24 dev wan1", "10.0.2.11", "192.0.2.11",
	 "backend mx/a (192.0.2.11) is reached by interface wan1, which is "
	 "none of dataplane.ports"},
};

START_TEST(what_stops_mail_is_found)
{
	netspace_run(wrong[_i].command);
	check(wrong[_i].from, wrong[_i].to);
	ck_assert_msg(findings_have(wrong[_i].wanted), "%s", wrong[_i].wanted);
	ck_assert(hazards_stop_mail(&findings));
}
END_TEST

START_TEST(what_may_harm_is_found_and_stops_nothing)
{
	netspace_run("echo 1 > /proc/sys/net/ipv4/conf/wan0/forwarding");
	check("", "");
	ck_assert(findings_have("net.ipv4.conf.wan0.forwarding is on"));
	netspace_run("echo 1 > /proc/sys/net/ipv4/ip_forward");
	check("", "");
	ck_assert(findings_have("net.ipv4.ip_forward is on"));
	ck_assert(!findings_have("net.ipv4.conf.wan0.forwarding"));
	ck_assert(!hazards_stop_mail(&findings));
	check("af_packet", "af_xdp"); /* the kernel gets no copies */
	ck_assert(!findings_have("is on"));
}
END_TEST

/* So the kernel names the interface of a VLAN. */
START_TEST(an_interface_with_a_dot_in_its_name_is_mended_by_what_is_said)
{
	netspace_run("ip link add wan8.42 type veth peer name wan9");
	netspace_run("ip link set wan8.42 up; ip link set wan9 up");
	netspace_run("echo 1 > /proc/sys/net/ipv4/conf/wan8.42/forwarding");
	check("interface: wan0", "interface: wan8.42");
	ck_assert(findings_have("`sysctl net.ipv4.conf.wan8/42.forwarding=0`"));
	netspace_run("sysctl -q net.ipv4.conf.wan8/42.forwarding=0");
	check("interface: wan0", "interface: wan8.42");
	ck_assert(!findings_have("wan8/42"));
}
END_TEST

/* A whole control plane. */

static struct plane plane;

static void
setup_plane(void)
{
	enter_net();
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_control(&plane);
}

static void
teardown_plane(void)
{
	plane_close(&plane);
}

static void
sweep(void)
{
	plane_run(&plane, SWEEP_S * 1000);
}

START_TEST(a_hazard_is_logged_when_it_comes_and_when_it_goes)
{
	sweep();
	ck_assert(!plane_logged("198.51.100.25 is an address"));
	netspace_run("ip address add 198.51.100.25/32 dev lo");
	netspace_run("echo 1 > /proc/sys/net/ipv4/ip_forward");
	sweep();
	ck_assert(plane_logged("error VIP 198.51.100.25 is an address of this "
			       "host: its kernel will reset sessions"));
	ck_assert(plane_logged("warn net.ipv4.ip_forward is on"));
	bool ok;
	char *status = plane_ask(&plane, "status", &ok);
	ck_assert_msg(strstr(status, "VIP 198.51.100.25 is an address of this "
				     "host") != NULL,
		      "%s", status);
	free(status);
	plane_forget_log();
	sweep();
	ck_assert(!plane_logged("198.51.100.25") && !plane_logged("forward"));
	netspace_run("ip address del 198.51.100.25/32 dev lo");
	sweep();
	ck_assert(plane_logged("info no longer so: VIP 198.51.100.25 is"));
	ck_assert(!plane_logged("forward"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("host");

	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	TCase *t = tcase_create("check");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_host_that_is_right_stops_no_mail);
	tcase_add_loop_test(t, what_stops_mail_is_found, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, what_may_harm_is_found_and_stops_nothing);
	tcase_add_test(
		t,
		an_interface_with_a_dot_in_its_name_is_mended_by_what_is_said);
	suite_add_tcase(s, t);
	t = tcase_create("watch");
	tcase_add_checked_fixture(t, setup_plane, teardown_plane);
	tcase_add_test(t, a_hazard_is_logged_when_it_comes_and_when_it_goes);
	suite_add_tcase(s, t);
	return s;
}
