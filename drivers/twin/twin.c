/* SPDX-License-Identifier: BSD-3-Clause */
#include "twin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "log.h"
#include "memory.h"
#include "tap.h"

#define VHOST "/dev/vhost-net"
#define ARGS_MAX 256

/* net_tap's descriptors are the buffers that one frame may be scattered over.
 */
#define SCATTER 4

/* The most queues: VIRTIO_MAX_VIRTQUEUE_PAIRS and RTE_PMD_TAP_MAX_QUEUES of
 * DPDK 22.11. */
static const struct {
	const char *name;
	const char *driver;
	uint16_t queues_max;
	uint16_t descriptors;
} kinds[MX_TWINS] = {
	[MX_TWIN_VHOST] = {"vhost", "net_virtio_user", 8, MEMORY_TWIN_FRAMES},
	[MX_TWIN_TAP] = {"tap", "net_tap", 16, SCATTER},
};

static void
write_args(const struct twin_request *wanted, const struct twin *twin,
	   char args[static ARGS_MAX])
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), &wanted->mac);
	if (twin->kind == MX_TWIN_VHOST)
		snprintf(args, ARGS_MAX,
			 "path=" VHOST
			 ",iface=%s,mac=%s,queues=%u,queue_size=%u",
			 wanted->interface, mac, twin->queues,
			 MEMORY_TWIN_FRAMES);
	else
		snprintf(args, ARGS_MAX, "iface=%s,mac=%s,persist=1",
			 wanted->interface, mac);
}

/* Let DPDK open the TAP. */
static int
open_device(const struct twin_request *wanted, struct twin *twin)
{
	static unsigned made; /* the name of a device is not used again */
	char name[RTE_ETH_NAME_MAX_LEN];
	char args[ARGS_MAX];

	snprintf(name, sizeof(name), "%s_twin%u", kinds[twin->kind].driver,
		 made++);
	write_args(wanted, twin, args);
	int error = rte_eal_hotplug_add("vdev", name, args);
	if (error == 0)
		error = rte_eth_dev_get_port_by_name(name, &twin->port_id);
	return error;
}

/* Let go of the TAP.  While a queue of it is open, the kernel gives that queue
 * its share of the frames. */
static void
close_device(const struct twin *twin)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(twin->port_id, &info) == 0)
		rte_dev_remove(info.device);
}

static int
configure(const struct twin *twin)
{
	struct rte_eth_conf conf = {.intr_conf.rxq = twin->interrupts};

	return rte_eth_dev_configure(twin->port_id, twin->queues, twin->queues,
				     &conf);
}

static int
start_queues(const struct twin_request *wanted, const struct twin *twin)
{
	const uint16_t descriptors = kinds[twin->kind].descriptors;
	int error = 0;

	for (uint16_t q = 0; q < twin->queues && error == 0; q++) {
		error = rte_eth_rx_queue_setup(twin->port_id, q, descriptors,
					       (unsigned)SOCKET_ID_ANY, NULL,
					       wanted->frame_pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(
				twin->port_id, q, descriptors,
				(unsigned)SOCKET_ID_ANY, NULL);
	}
	/* net_tap gives the interface an MTU of 1500. */
	if (error == 0 && twin->kind == MX_TWIN_TAP)
		error = rte_eth_dev_set_mtu(twin->port_id, wanted->mtu);
	return error == 0 ? rte_eth_dev_start(twin->port_id) : error;
}

static bool
has_interrupts(const struct twin *twin)
{
	for (uint16_t q = 0; q < twin->queues; q++)
		if (rte_eth_dev_rx_intr_ctl_q_get_fd(twin->port_id, q) < 0)
			return false;
	return true;
}

static int
make_as(const struct twin_request *wanted, enum mx_twin kind, struct twin *twin)
{
	*twin = (struct twin){
		.kind = kind,
		.queues = (uint16_t)RTE_MIN(wanted->workers,
					    kinds[kind].queues_max),
		.interrupts = wanted->interrupts,
	};
	int error = open_device(wanted, twin);
	if (error != 0)
		return error;
	error = configure(twin);
	if (error == 0)
		error = start_queues(wanted, twin);
	if (error != 0) {
		close_device(twin);
		return error;
	}
	twin->interrupts = twin->interrupts && has_interrupts(twin);
	log_line(LOG_LEVEL_INFO,
		 "interface %s is a twin of kind %s, with %u queues",
		 wanted->interface, kinds[kind].name, twin->queues);
	return 0;
}

static enum mx_twin
first_kind(const struct twin_request *wanted)
{
	if (wanted->kind != MX_TWIN_AUTO)
		return wanted->kind;
	return access(VHOST, R_OK | W_OK) == 0 ? MX_TWIN_VHOST : MX_TWIN_TAP;
}

int
twin_make(const struct twin_request *wanted, struct twin *twin)
{
	const enum mx_twin kind = first_kind(wanted);
	char reason[TAP_REASON_MAX];
	struct tap tap = {
		.interface = wanted->interface,
		.instance = wanted->instance,
		.mtu = wanted->mtu,
	};

	memcpy(tap.mac, &wanted->mac, sizeof(tap.mac));
	int error = tap_make(&tap, reason);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR, "%s: %s", reason, strerror(-error));
		return error;
	}
	error = make_as(wanted, kind, twin);
	if (error != 0 && wanted->kind == MX_TWIN_AUTO &&
	    kind == MX_TWIN_VHOST) {
		log_line(LOG_LEVEL_WARN,
			 "interface %s: " VHOST " cannot be used: %s: using "
			 "a system call for each frame",
			 wanted->interface, strerror(-error));
		error = make_as(wanted, MX_TWIN_TAP, twin);
	}
	if (error != 0)
		log_line(LOG_LEVEL_ERROR,
			 "interface %s: DPDK's driver %s cannot open it: %s",
			 wanted->interface, kinds[twin->kind].driver,
			 strerror(-error));
	return error;
}

void
twin_stop(uint16_t port_id, enum mx_twin kind)
{
	if (kind == MX_TWIN_VHOST)
		rte_eth_dev_stop(port_id);
}
