/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that is unplugged: its port is shown as gone, the process gives the
 * device back, and the other ports go on.
 * Method: the ring ports of the rig stand for devices.  A worker runs in a
 * thread, as in the product.  The test reports the removal as DPDK does when
 * the kernel asks for a device. */
#define ALLOW_EXPERIMENTAL_API
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "keptlog.h"
#include "rig.h"
#include "runner.h"
#include "runtime.h"
#include "unplug.h"
#include "unplugged.h"

#define WAITS 3000 /* of 10 ms */

static const struct mx_config_dataplane config = {
	.worker_count = 1,
	.port_count = 2,
	.port = {{.name = "wan", .driver = MX_DRIVER_DPDK, .device = "65:00.0"},
		 {.name = "lan",
		  .driver = MX_DRIVER_DPDK,
		  .device = "65:00.1"}},
};
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

static void
setup(void)
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
	ck_assert_int_eq(linkwatch_make(&runtime.linkwatch, &config, links,
					runtime.worker, &runtime.announcer),
			 0);
	for (uint16_t i = 0; i < config.port_count; i++)
		ck_assert_int_eq(
			unplug_watch(runtime.linkwatch.port[i].port_id), 0);
	ck_assert_int_eq(runtime_resume(&runtime), 0);
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
	ck_assert_int_eq(linkwatch_poll(&runtime.linkwatch, 0), 0);
	ck_assert_int_eq(unplugged_poll(&runtime), 0);
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

Suite *
suite(void)
{
	Suite *s = suite_create("unplugged");
	TCase *t = tcase_create("unplugged");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, the_other_port_goes_on);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
