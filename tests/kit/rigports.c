/* SPDX-License-Identifier: BSD-3-Clause */
#include "rigports.h"

#include <sched.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

/* For EAL's 64 MiB and what it takes besides. */
#define FREE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
#define HUGE_PAGES 36

#define RING_FRAMES 1024

struct rig_ports rig_ports;

static struct rte_ring *
make_ring(const char *what, unsigned a, unsigned b)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s-%u-%u", what, a, b);
	struct rte_ring *ring = rte_ring_create(name, RING_FRAMES, 0,
						RING_F_SP_ENQ | RING_F_SC_DEQ);
	rig_must(ring != NULL);
	return ring;
}

static void
make_port(unsigned port)
{
	const struct rte_eth_conf conf = {0};
	char name[32];

	for (unsigned q = 0; q < RIG_WORKERS_MAX; q++) {
		rig_ports.rx[port][q] = make_ring("rx", port, q);
		rig_ports.tx[port][q] = make_ring("tx", port, q);
	}
	snprintf(name, sizeof(name), "rig%u", port);
	const int id =
		rte_eth_from_rings(name, rig_ports.rx[port], RIG_WORKERS_MAX,
				   rig_ports.tx[port], RIG_WORKERS_MAX, 0);
	rig_must(id >= 0);
	rig_ports.id[port] = (uint16_t)id;
	rig_must(rte_eth_dev_configure(rig_ports.id[port], RIG_WORKERS_MAX,
				       RIG_WORKERS_MAX, &conf) == 0);
	for (uint16_t q = 0; q < RIG_WORKERS_MAX; q++) {
		rig_must(rte_eth_rx_queue_setup(rig_ports.id[port], q, 64, 0,
						NULL, rig_ports.pool) == 0);
		rig_must(rte_eth_tx_queue_setup(rig_ports.id[port], q, 64, 0,
						NULL) == 0);
	}
	rig_must(rte_eth_dev_start(rig_ports.id[port]) == 0);
}

static void
start(char **argv, int argc)
{
	cpu_set_t cpus;

	/* EAL moves to a core of its own choice, so the old choice of cores is
	 * restored. */
	rig_must(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	rig_must(rte_eal_init(argc, argv) >= 0);
	rig_must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
	rig_ports.pool = rte_pktmbuf_pool_create("rig", 4095, 0, 0,
						 RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	rig_must(rig_ports.pool != NULL);
	for (unsigned port = 0; port < RIG_PORTS; port++)
		make_port(port);
	for (unsigned from = 0; from < RIG_WORKERS_MAX; from++)
		for (unsigned to = 0; to < RIG_WORKERS_MAX; to++)
			if (from != to)
				rig_ports.handoff[from][to] =
					make_ring("to", from, to);
}

void
rig_start_dpdk(void)
{
	char *argv[] = {"rig",
			"--no-huge",
			"--no-shconf",
			"-m",
			"64",
			"--no-pci",
			"--no-telemetry",
			"--log-level=warning",
			"--lcores=0@0,1@0",
			NULL};
	static bool started;

	if (!started)
		start(argv, RTE_DIM(argv) - 1);
	started = true;
}

bool
rig_start_dpdk_huge(void)
{
	char *argv[] = {"rig",
			"--in-memory",
			"-m",
			"64",
			"--no-pci",
			"--no-telemetry",
			"--log-level=warning",
			"--log-level=lib.eal:error",
			"--lcores=0@0",
			NULL};
	unsigned pages = 0;
	FILE *file = fopen(FREE_PAGES, "r");

	if (file == NULL || fscanf(file, "%u", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	if (pages >= HUGE_PAGES)
		start(argv, RTE_DIM(argv) - 1);
	else
		rig_start_dpdk();
	return pages >= HUGE_PAGES;
}
