/* SPDX-License-Identifier: BSD-3-Clause */
/* The networks of an interface: which addresses are in one of them, as the
 * kernel's own addresses there say.
 * Method: a network namespace of its own with a veth pair, changed by ip(8). */
#include <stdio.h>
#include <unistd.h>

#include "endpoint.h"
#include "netspace.h"
#include "network.h"
#include "runner.h"

static void
setup(void)
{
	netspace_enter();
	netspace_run("ip link add net0 type veth peer name net1");
	netspace_run("ip link set net0 up && ip link set net1 up");
}

static void
teardown(void)
{
	netspace_run("ip link delete net0");
}

static enum network
at(const char *interface, const char *text)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return network_of(interface, &addr);
}

START_TEST(an_interface_without_addresses_is_on_no_network)
{
	ck_assert_int_eq(at("net0", "192.0.2.7"), NETWORK_NONE);
	ck_assert_int_eq(at("net9", "192.0.2.7"), NETWORK_NONE);
}
END_TEST

START_TEST(an_address_is_in_the_network_of_an_address_that_agrees_in_its_mask)
{
	netspace_run("ip address add 192.0.2.65/26 dev net0");
	ck_assert_int_eq(at("net0", "192.0.2.64"), NETWORK_HOLDS);
	ck_assert_int_eq(at("net0", "192.0.2.127"), NETWORK_HOLDS);
	ck_assert_int_eq(at("net0", "192.0.2.63"), NETWORK_OTHER);
	ck_assert_int_eq(at("net0", "192.0.2.128"), NETWORK_OTHER);
	ck_assert_int_eq(at("net1", "192.0.2.64"), NETWORK_NONE);
}
END_TEST

START_TEST(one_network_of_several_is_enough)
{
	netspace_run("ip address add 192.0.2.1/24 dev net0");
	netspace_run("ip address add 198.51.100.1/24 dev net0");
	ck_assert_int_eq(at("net0", "192.0.2.9"), NETWORK_HOLDS);
	ck_assert_int_eq(at("net0", "198.51.100.9"), NETWORK_HOLDS);
	ck_assert_int_eq(at("net0", "203.0.113.9"), NETWORK_OTHER);
}
END_TEST

START_TEST(families_are_apart)
{
	netspace_run("ip address add 192.0.2.1/24 dev net0");
	ck_assert_int_eq(at("net0", "2001:db8::9"), NETWORK_NONE);
	netspace_run("ip address add 2001:db8::1/64 dev net0 nodad");
	ck_assert_int_eq(at("net0", "2001:db8::9"), NETWORK_HOLDS);
	ck_assert_int_eq(at("net0", "2001:db8:0:1::9"), NETWORK_OTHER);
	ck_assert_int_eq(at("net0", "192.0.2.9"), NETWORK_HOLDS);
}
END_TEST

START_TEST(link_local_networks_do_not_count)
{
	netspace_run("ip address add fe80::1/64 dev net0 nodad");
	ck_assert_int_eq(at("net0", "fe80::9"), NETWORK_NONE);
	ck_assert_int_eq(at("net0", "2001:db8::9"), NETWORK_NONE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("network");
	TCase *t = tcase_create("namespace");

	suite_add_tcase(s, t);
	if (geteuid() != 0) {
		puts("not root: without the tests that need a namespace");
		return s;
	}
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_interface_without_addresses_is_on_no_network);
	tcase_add_test(
		t,
		an_address_is_in_the_network_of_an_address_that_agrees_in_its_mask);
	tcase_add_test(t, one_network_of_several_is_enough);
	tcase_add_test(t, families_are_apart);
	tcase_add_test(t, link_local_networks_do_not_count);
	return s;
}
