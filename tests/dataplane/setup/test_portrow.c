/* SPDX-License-Identifier: BSD-3-Clause */
/* The row of a port in the region describes the port that was started last.
 * The region outlives data planes, and its rows may be those of other ports.
 * Method: a ring port of the rig stands for a device, and its row has been that
 * of a port with a twin and a VLAN. */
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "keptlog.h"
#include "ports.h"
#include "rigports.h"
#include "runner.h"

static struct rig *rig;
static struct mx_config config;
static struct mx_region_header header;
static struct ports ports;

static void
setup(void)
{
	rig = rig_make(1);
	config.dataplane.worker_count = 1;
	config.dataplane.port_count = 1;
	config.dataplane.port[0] = (struct mx_config_port){
		.name = "wan", .driver = MX_DRIVER_DPDK};
	header.port[0] = (struct mx_region_port){.name = "old",
						 .interface = "old0",
						 .mac = {2, 0, 0, 0, 0, 7},
						 .queues = 9,
						 .device = "net_old0",
						 .twin = MX_TWIN_TAP,
						 .rss_lack = "has one queue",
						 .vlan = 42};
	ports = (struct ports){
		.worker = rig->worker,
		.workers = 1,
		.frame_pool = rig_ports.pool,
		.header = &header,
		.key = &rig->file[0]->key,
	};
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
	rig_free(rig);
}

START_TEST(a_row_keeps_nothing_of_an_earlier_port)
{
	const struct mx_region_port *row = &header.port[0];
	char *device = config.dataplane.port[0].device;
	struct rte_ether_addr mac;

	/* The rig has started it. */
	ck_assert_int_eq(rte_eth_dev_stop(rig_ports.id[WAN]), 0);
	ck_assert_int_eq(
		rte_eth_dev_get_name_by_port(rig_ports.id[WAN], device), 0);
	ck_assert_int_eq(rte_eth_macaddr_get(rig_ports.id[WAN], &mac), 0);
	ck_assert_int_eq(ports_make(&ports, &config), 0);
	ck_assert_str_eq(row->name, "wan");
	ck_assert_str_eq(row->interface, "");
	ck_assert_str_eq(row->device, device);
	ck_assert_str_eq(row->rss_lack, "");
	ck_assert_mem_eq(row->mac, &mac, sizeof(row->mac));
	ck_assert_uint_eq(row->queues, 1);
	ck_assert_uint_eq(row->twin, 0);
	ck_assert_uint_eq(row->vlan, 0);
}
END_TEST

START_TEST(a_port_that_does_not_start_has_its_name_in_the_row)
{
	const struct mx_region_port *row = &header.port[0];

	snprintf(config.dataplane.port[0].device, MX_DEVICE_MAX, "net_none0");
	ck_assert_int_ne(ports_make(&ports, &config), 0);
	ck_assert_str_eq(row->name, "wan");
	ck_assert_str_eq(row->device, "net_none0");
	ck_assert_uint_eq(row->twin, 0);
	ck_assert_uint_eq(row->queues, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("portrow");
	TCase *t = tcase_create("portrow");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_port_that_does_not_start_has_its_name_in_the_row);
	tcase_add_test(t, a_row_keeps_nothing_of_an_earlier_port);
	suite_add_tcase(s, t);
	return s;
}
