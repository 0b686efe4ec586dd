/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces behind ports: each change is logged once, with its level, and the
 * process is to end only if the port must be opened again.
 * Method: veth pairs in a network namespace, and the log's lines are kept
 * instead of written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "keptlog.h"
#include "linkwatch.h"
#include "netspace.h"
#include "rig.h"
#include "runner.h"

#define MAC "02:00:00:00:00:07"
#define WAITS 1000 /* of 10 ms */

static struct rig *rig;
static struct linkwatch watch;
static struct mx_region_link links[MX_PORTS_MAX];
static struct announcer announcer;
static const struct mx_config_dataplane config = {
	.worker_count = 1,
	.port_count = 1,
	.port = {{.name = "wan", .interface = "wan0"}},
};

static void
setup(void)
{
	netspace_enter();
	netspace_run("ip link add wan0 type veth peer name far0");
	netspace_run("ip link set far0 up; ip link set wan0 address " MAC);
	rig = rig_make(1);
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
	rig_free(rig);
}

static void
begin(void)
{
	ck_assert_int_eq(
		linkwatch_make(&watch, &config, links, rig->worker, &announcer),
		0);
}

/* Look until the port is in that state: the kernel takes its time. */
static void
wait_for(enum mx_link state)
{
	for (int i = 0; i < WAITS && links[0].state != state; i++) {
		ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
		usleep(10000);
	}
	ck_assert_uint_eq(links[0].state, state);
}

/* The interface has its link before the test begins. */
static void
begin_up(void)
{
	struct link_state now = {0};

	netspace_run("ip link set wan0 up");
	for (int i = 0; i < WAITS && !now.up; i++) {
		ck_assert_int_eq(link_read("wan0", &now), 0);
		usleep(10000);
	}
	begin();
	ck_assert_str_eq(keptlog_text(), "");
}

START_TEST(a_port_without_a_link_is_logged_and_its_link_as_well)
{
	begin();
	ck_assert_str_eq(keptlog_text(),
			 "error port wan: interface wan0 has no link: "
			 "the port sends and receives nothing\n");
	keptlog_forget();
	netspace_run("ip link set wan0 up");
	wait_for(MX_LINK_UP);
	ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_str_eq(keptlog_text(),
			 "info port wan: interface wan0 has its link\n");
}
END_TEST

START_TEST(another_mtu_is_logged_once)
{
	begin_up();
	netspace_run("ip link set wan0 mtu 1400");
	ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_str_eq(keptlog_text(),
			 "warn port wan: interface wan0 has an MTU of "
			 "1400 now, and had 1500 when the port was "
			 "opened: restart the data plane to use it\n");
}
END_TEST

START_TEST(another_mac_address_ends_the_process)
{
	begin_up();
	netspace_run("ip link set wan0 address 02:00:00:00:00:08");
	ck_assert_int_eq(linkwatch_poll(&watch, 0), -ENODEV);
	ck_assert(keptlog_has("error port wan: interface wan0 has "
			      "another MAC address, "
			      "02:00:00:00:00:08: ending"));
}
END_TEST

START_TEST(an_interface_that_was_made_anew_ends_the_process)
{
	begin_up();
	netspace_run("ip link del wan0");
	wait_for(MX_LINK_GONE);
	ck_assert_str_eq(keptlog_text(),
			 "error port wan: interface wan0 is gone: the "
			 "port sends and receives nothing\n");
	netspace_run("ip link add wan0 type veth peer name far0");
	netspace_run("ip link set wan0 address " MAC);
	ck_assert_int_eq(linkwatch_poll(&watch, 0), -ENODEV);
	ck_assert(keptlog_has("error port wan: interface wan0 was made anew"));
}
END_TEST

START_TEST(a_start_without_the_interface_says_which_it_is)
{
	netspace_run("ip link del wan0");
	ck_assert_int_eq(
		linkwatch_make(&watch, &config, links, rig->worker, &announcer),
		-ENODEV);
	ck_assert_str_eq(keptlog_text(),
			 "error port wan: interface wan0 cannot be read: "
			 "No such device\n");
}
END_TEST

/* The ring port of the rig stands for a device. */
static const struct mx_config_dataplane device = {
	.worker_count = 1,
	.port_count = 1,
	.port = {{.name = "wan",
		  .driver = MX_DRIVER_DPDK,
		  .device = "65:00.0"}},
};

START_TEST(a_device_has_ten_seconds_for_its_link)
{
	const uint16_t port_id = rig->worker[0]->port[0].port_id;

	ck_assert_int_eq(rte_eth_dev_set_link_down(port_id), 0);
	ck_assert_int_eq(
		linkwatch_make(&watch, &device, links, rig->worker, &announcer),
		0);
	for (int i = 0; i < 49; i++)
		ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_uint_eq(links[0].state, MX_LINK_DOWN);
	ck_assert_str_eq(keptlog_text(),
			 "info port wan: device 0000:65:00.0 has no link "
			 "yet\n");
	keptlog_forget();
	for (int i = 0; i < 60; i++)
		ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_str_eq(keptlog_text(),
			 "error port wan: device 0000:65:00.0 has no link: "
			 "the port sends and receives nothing\n");
	ck_assert_int_eq(rte_eth_dev_set_link_up(port_id), 0);
}
END_TEST

START_TEST(the_link_of_a_device_is_asked_of_its_port)
{
	const uint16_t port_id = rig->worker[0]->port[0].port_id;

	ck_assert_int_eq(
		linkwatch_make(&watch, &device, links, rig->worker, &announcer),
		0);
	ck_assert_uint_eq(links[0].state, MX_LINK_UP);
	ck_assert_int_eq(rte_eth_dev_set_link_down(port_id), 0);
	ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_uint_eq(links[0].state, MX_LINK_DOWN);
	ck_assert_int_eq(rte_eth_dev_set_link_up(port_id), 0);
	ck_assert_int_eq(linkwatch_poll(&watch, 0), 0);
	ck_assert_uint_eq(links[0].state, MX_LINK_UP);
	ck_assert_str_eq(keptlog_text(),
			 "error port wan: device 0000:65:00.0 has no link: "
			 "the port sends and receives nothing\n"
			 "info port wan: device 0000:65:00.0 has its link\n");
}
END_TEST

START_TEST(a_host_that_claims_an_address_is_logged_once_in_ten_seconds)
{
	struct worker_claim *claim = &rig->worker[0]->claim[0];

	begin_up();
	claim->addr = ip4(203, 0, 113, 10);
	claim->mac = (struct rte_ether_addr){{2, 0, 0, 0, 0, 9}};
	for (uint64_t now_ms = 1000; now_ms <= 11000; now_ms += 5000) {
		claim->count++;
		ck_assert_int_eq(linkwatch_poll(&watch, now_ms), 0);
		const char *second = strchr(keptlog_text(), '\n') + 1;
		ck_assert_msg((*second != '\0') == (now_ms == 11000), "%s",
			      keptlog_text());
	}
	ck_assert(keptlog_has("warn port wan: 02:00:00:00:00:09 claims "
			      "203.0.113.10, which mxsteer owns"));
	ck_assert_uint_eq(links[0].claims, 3);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("linkwatch");
	TCase *t = tcase_create("linkwatch");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_port_without_a_link_is_logged_and_its_link_as_well);
	tcase_add_test(t, another_mtu_is_logged_once);
	tcase_add_test(t, another_mac_address_ends_the_process);
	tcase_add_test(t, an_interface_that_was_made_anew_ends_the_process);
	tcase_add_test(t, a_start_without_the_interface_says_which_it_is);
	tcase_add_test(
		t, a_host_that_claims_an_address_is_logged_once_in_ten_seconds);
	tcase_add_test(t, a_device_has_ten_seconds_for_its_link);
	tcase_add_test(t, the_link_of_a_device_is_asked_of_its_port);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
