/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that is unplugged: its port is shown as gone, the process gives the
 * device back, and the other ports go on.  A bond goes on with its other
 * members.
 * Method: the ring ports of the rig, and a bond of DPDK's null devices, stand
 * for devices.  A worker runs in a thread, as in the product.  The test reports
 * the removal as DPDK does when the kernel asks for a device. */
#define ALLOW_EXPERIMENTAL_API
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "bondwatch.h"
#include "hotplug.h"
#include "keptlog.h"
#include "port.h"
#include "rig.h"
#include "runner.h"
#include "runtime.h"
#include "unplug.h"

#define WAITS 3000 /* of 10 ms */

/* A bond that a test leaves has its arguments in DPDK's memory, where the leak
 * sanitizer does not look. */
const char *__lsan_default_suppressions(void); // NOLINT
const char *
__lsan_default_suppressions(void) // NOLINT
{
	return "leak:rte_kvargs_parse\n";
}

static struct mx_config_dataplane config = {
	.worker_count = 1,
	.port_count = 2,
	.port = {{.name = "wan", .driver = MX_DRIVER_DPDK, .device = "65:00.0"},
		 {.name = "lan",
		  .driver = MX_DRIVER_DPDK,
		  .device = "65:00.1"}},
};
static char members[2][16]; /* of the bond */

static struct rig *rig;
static struct runtime runtime;
static struct mx_region_link links[MX_PORTS_MAX];

static void
make_quiescent(void)
{
	const size_t size = (rte_rcu_qsbr_get_memsize(1) + 63) / 64 * 64;

	runtime.quiescent = aligned_alloc(64, size);
	ck_assert_ptr_nonnull(runtime.quiescent);
	rte_rcu_qsbr_init(runtime.quiescent, 1);
	rte_rcu_qsbr_thread_register(runtime.quiescent, 0);
}

/* Watch the ports, and let the worker run. */
static void
begin(void)
{
	ck_assert_int_eq(linkwatch_make(&runtime.linkwatch, &config, links,
					runtime.worker, &runtime.announcer),
			 0);
	bondwatch_make(&runtime.linkwatch);
	for (uint16_t i = 0; i < config.port_count; i++)
		ck_assert_int_eq(
			unplug_watch(runtime.linkwatch.port[i].port_id), 0);
	ck_assert_int_eq(runtime_resume(&runtime), 0);
}

static void
make_runtime(void)
{
	rig_start_dpdk();
	rig = rig_make(1);
	runtime = (struct runtime){
		.worker = {rig->worker[0]},
		.frame_pool = rig_rings(0, WAN).pool,
		.watchdog = {.workers = 1},
	};
	make_quiescent();
	atomic_store(&runtime.swap.current, rig->active);
	struct worker *w = rig->worker[0];
	w->active = &runtime.swap.current;
	w->stop = &runtime.stop;
	w->quiescent = runtime.quiescent;
	w->idle = (struct idle){.sleeps = true};
	keptlog_begin();
}

static void
setup(void)
{
	make_runtime();
	begin();
}

static void
teardown(void)
{
	for (uint16_t i = 0; i < config.port_count; i++)
		unplug_end(runtime.linkwatch.port[i].port_id);
	/* Frames went with the devices. */
	rig_drop(rig);
	free(runtime.quiescent);
}

/* The device of port LAN is a bond. */
static void
setup_bond(void)
{
	static unsigned made; /* a name is not free again */
	const struct port_traits want = {0};
	struct port_traits found;
	char name[16], args[MX_DEVICE_MAX];
	uint16_t bond_id;

	make_runtime();
	for (unsigned i = 0; i < 2; i++) {
		snprintf(members[i], sizeof(members[i]), "net_null%u%u", made,
			 i);
		ck_assert_int_eq(
			rte_eal_hotplug_add("vdev", members[i], "no-rx=1"), 0);
	}
	snprintf(name, sizeof(name), "net_bonding%u", made++);
	snprintf(config.port[LAN].device, MX_DEVICE_MAX,
		 "%s,mode=1,member=%s,member=%s", name, members[0], members[1]);
	bonding_spell(config.port[LAN].device, args, sizeof(args));
	ck_assert_int_eq(
		rte_eal_hotplug_add("vdev", name, strchr(args, ',') + 1), 0);
	ck_assert_int_eq(rte_eth_dev_get_port_by_name(name, &bond_id), 0);
	ck_assert_int_eq(
		port_start(bond_id, 1, runtime.frame_pool, &want, &found), 0);
	runtime.worker[0]->port[LAN].port_id = bond_id;
	begin();
}

static void
unplug(uint16_t port_id)
{
	struct rte_eth_dev_info info;

	ck_assert_int_eq(rte_eth_dev_info_get(port_id, &info), 0);
	rte_dev_event_callback_process(rte_dev_name(info.device),
				       RTE_DEV_EVENT_REMOVE);
}

static void
look(void)
{
	bondwatch_poll(&runtime.linkwatch, 0);
	ck_assert_int_eq(linkwatch_poll(&runtime.linkwatch, 0), 0);
	ck_assert_int_eq(hotplug_poll(&runtime), 0);
}

/* The worker takes a frame of that port. */
static void
expect_service(uint16_t port)
{
	const struct segment syn = {
		.from = rig_client,
		.to = rig_vip,
		.flags = RTE_TCP_SYN_FLAG,
	};
	const volatile uint64_t *rx = &rig->count[0].rx;
	const uint64_t before = *rx;

	rig_send(rig, 0, port, &syn);
	for (int i = 0; i < WAITS && *rx == before; i++)
		usleep(10000);
	ck_assert_uint_eq(*rx, before + 1);
}

/* A frame for the port that is gone is dropped and counted. */
START_TEST(the_other_port_goes_on)
{
	const uint16_t port_id = runtime.linkwatch.port[LAN].port_id;

	look();
	ck_assert_uint_eq(links[LAN].state, MX_LINK_UP);
	unplug(port_id);
	look();
	look();
	ck_assert_uint_eq(links[LAN].state, MX_LINK_GONE);
	ck_assert_uint_eq(links[WAN].state, MX_LINK_UP);
	ck_assert_int_eq(rte_eth_dev_is_valid_port(port_id), 0);
	ck_assert_str_eq(
		keptlog_text(),
		"error port lan: device 0000:65:00.1 is gone: the port sends "
		"and receives nothing\n"
		"warn port lan: device 0000:65:00.1 was unplugged, and the "
		"other ports go on: restart the data plane once it is there "
		"again\n");
	expect_service(WAN);
	runtime_stop(&runtime);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TX_FULL], 1);
	ck_assert_uint_eq(rig->count[0].tx, 0);
}
END_TEST

/* The bond asks its members for their links each 10 ms. */
static void
look_until(enum mx_link state)
{
	for (int i = 0; i < WAITS && links[LAN].state != state; i++) {
		look();
		usleep(10000);
	}
	ck_assert_uint_eq(links[LAN].state, state);
}

static uint16_t
find_member(const char *name)
{
	uint16_t id;

	ck_assert_int_eq(rte_eth_dev_get_port_by_name(name, &id), 0);
	return id;
}

START_TEST(a_bond_goes_on_with_its_other_member)
{
	const struct mx_region_member *member = links[LAN].member;
	const char *lost = members[_i];
	uint16_t id;

	look_until(MX_LINK_UP);
	unplug(find_member(lost));
	look();
	look();
	look_until(MX_LINK_UP);
	ck_assert_uint_eq(links[LAN].members, 2);
	ck_assert_uint_eq(member[_i].state, MX_MEMBER_DOWN);
	ck_assert_uint_eq(member[1 - _i].state, MX_MEMBER_ACTIVE);
	ck_assert_int_ne(rte_eth_dev_get_port_by_name(lost, &id), 0);
	ck_assert_msg(strstr(keptlog_text(),
			     "was unplugged: restart the data plane once it "
			     "is there again") != NULL,
		      "%s", keptlog_text());
	expect_service(WAN);
	runtime_stop(&runtime);
	ck_assert_uint_eq(rig->count[0].tx, 1);
}
END_TEST

START_TEST(a_bond_that_lost_all_members_is_gone)
{
	const uint16_t bond_id = runtime.linkwatch.port[LAN].port_id;
	uint16_t id;

	look_until(MX_LINK_UP);
	for (int i = 0; i < 2; i++)
		unplug(find_member(members[i]));
	look_until(MX_LINK_GONE);
	ck_assert_int_eq(rte_eth_dev_is_valid_port(bond_id), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_ne(rte_eth_dev_get_port_by_name(members[i], &id),
				 0);
	expect_service(WAN);
	runtime_stop(&runtime);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TX_FULL], 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("hotplug");
	TCase *bond = tcase_create("bond");
	TCase *t = tcase_create("unplugged");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_other_port_goes_on);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(bond, setup_bond, teardown);
	tcase_add_loop_test(bond, a_bond_goes_on_with_its_other_member, 0, 2);
	tcase_add_test(bond, a_bond_that_lost_all_members_is_gone);
	tcase_set_timeout(bond, 60);
	suite_add_tcase(s, bond);
	return s;
}
