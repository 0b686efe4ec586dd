/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdio.h>

#include "bond.h"
#include "card.h"
#include "cores.h"
#include "sysfile.h"

/* Memory for everything but the frame pool. */
#define BASE_MIB 48u

/* Frames for each worker, and for the main thread. */
#define WORKER_FRAMES 8192u

/* The sizes of huge pages that mxsteer uses. */
enum { SMALL_KIB = 2048, LARGE_KIB = 1048576 };

/* The devices of a port.  A bond has a pool for LACP, which is about as large as
 * the queues of one member. */
static uint32_t
count_devices(const struct mx_config_port *port)
{
	char name[MX_DEVICE_NAME_MAX];
	const char *at = port->device;
	uint32_t devices = 0;

	while (mx_bond_next_device(&at, name))
		devices++;
	return devices;
}

/* Frames for the queues of a port.  af_packet copies what it sends and receives.
 */
static uint32_t
port_frames(const struct mx_config_port *port, uint16_t workers)
{
	const uint32_t queues = port->queues != 0 ? port->queues : workers;

	switch (port->driver) {
	case MX_DRIVER_AF_XDP:
		return MEMORY_XDP_FRAMES;
	case MX_DRIVER_DPDK:
		return 2u * MEMORY_DESCRIPTORS * queues * count_devices(port);
	default:
		return 0;
	}
}

uint32_t
memory_frames(const struct mx_config_dataplane *dataplane)
{
	const uint16_t workers = dataplane->worker_count;
	uint32_t frames = WORKER_FRAMES * (workers + 1u);

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		if (mx_config_first_of_device(dataplane, i) == i)
			frames += port_frames(&dataplane->port[i], workers);
		if (mx_config_has_twin(&dataplane->port[i]))
			frames += 2u * MEMORY_TWIN_FRAMES * workers;
	}
	return frames;
}

unsigned
memory_need_mib(const struct mx_config_dataplane *dataplane)
{
	return BASE_MIB +
	       memory_frames(dataplane) / 1024 * MEMORY_FRAME_BYTES / 1024;
}

/* Huge pages of one size.  which: "nr_hugepages" or "free_hugepages" */
static unsigned
count_pages(const char *root, int node, unsigned size_kib, const char *which)
{
	char folder[64] = "/sys/kernel/mm";

	if (node >= 0)
		snprintf(folder, sizeof(folder),
			 "/sys/devices/system/node/node%d", node);
	return (unsigned)sysfile_number(root, 0,
					"%s/hugepages/hugepages-%ukB/%s",
					folder, size_kib, which);
}

static unsigned
count_mib(const char *root, int node, const char *which)
{
	return count_pages(root, node, SMALL_KIB, which) * (SMALL_KIB / 1024) +
	       count_pages(root, node, LARGE_KIB, which) * (LARGE_KIB / 1024);
}

unsigned
memory_all_mib(const char *root, int node)
{
	return count_mib(root, node, "nr_hugepages");
}

unsigned
memory_free_mib(const char *root, int node)
{
	return count_mib(root, node, "free_hugepages");
}

/* The command that reserves the pages of 2 MiB that lack. */
static void
mend(struct hazard *hazard, const char *root, int node, unsigned lack_mib)
{
	const unsigned pages =
		count_pages(root, node, SMALL_KIB, "nr_hugepages") +
		lack_mib / 2 + 1;

	if (node < 0)
		hazard_mend(hazard, "`sysctl vm.nr_hugepages=%u`", pages);
	else
		hazard_mend(hazard,
			    "`echo %u >/sys/devices/system/node/node%d/"
			    "hugepages/hugepages-2048kB/nr_hugepages`",
			    pages, node);
}

/* DPDK's main thread takes a page of its own node. */
static void
check_far_node(const char *root, const struct mx_config_dataplane *dataplane,
	       int node, struct hazards *found)
{
	const cpu_set_t cores =
		cores_of_main(dataplane, cores_not_isolated(root));
	const int far = cores_far_node(root, &cores, node);

	if (far >= 0 && memory_free_mib(root, far) == 0)
		mend(hazards_add(found, false,
				 "no huge page is free on NUMA node %d, where "
				 "the main thread runs: the data plane uses "
				 "pages of 4 KiB, which is slower",
				 far),
		     root, far, 1);
}

void
memory_check(const char *root, const struct mx_config_dataplane *dataplane,
	     unsigned own_mib, struct hazards *found)
{
	const int node = card_node(root, dataplane);
	const unsigned need = memory_need_mib(dataplane);
	const unsigned all = memory_all_mib(root, node);
	const unsigned free = memory_free_mib(root, node);
	char where[32] = "";

	if (node >= 0)
		snprintf(where, sizeof(where), " on NUMA node %d", node);
	if (all == 0)
		mend(hazards_add(found, false,
				 "no huge pages are reserved%s: the data plane "
				 "uses pages of 4 KiB, which is slower",
				 where),
		     root, node, need);
	else if (own_mib + free < need)
		mend(hazards_add(found, false,
				 "the data plane needs %u MiB in huge pages, "
				 "and %u MiB of %u MiB are free%s: it uses "
				 "pages of 4 KiB, which is slower",
				 need, free, all, where),
		     root, node, need - free - own_mib);
	else if (own_mib == 0)
		check_far_node(root, dataplane, node, found);
}
