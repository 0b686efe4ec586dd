/* SPDX-License-Identifier: BSD-3-Clause */
/* The cables of the lab: each joins two DPDK ports, so that a port in shared
 * memory reaches an interface of the kernel.
 *
 *   cable DEVICE DEVICE [DEVICE DEVICE]      the devices as for DPDK's --vdev
 *
 * It sleeps when no frame comes, because the lab's machines share few cores.
 * SIGUSR1 prints how many frames each cable has carried and lost: "in" is from
 * its first device to its second.  SIGHUP reads the file that the environment
 * variable CABLE_WEATHER names, and prints "weather": from then on each way does
 * to its frames what the file says (cableweather.h), "in" and "out" of each cable
 * in turn.  SIGTERM ends it.  It prints "ready" when all ports have started. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "cableweather.h"

/* A process has all cables of a lab: DPDK's af_packet finds an identity for
 * each interface from the process's, and those of two processes may be one. */
#define PORTS_MAX 4
#define BURST 32
#define DESCRIPTORS 1024
#define FRAMES 16383
#define NAP_US 50
/* Rounds between two looks at the links.  memif connects in such a look. */
#define LINK_ROUNDS 2000

/* One direction. */
struct way {
	uint16_t from, to;
	uint64_t carried, lost;
};

static struct cableweather weather[PORTS_MAX];
static bool is_fair = true; /* no frame passes through weather[] */
static volatile sig_atomic_t asked, changed, ended;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		asked = 1;
	else if (number == SIGHUP)
		changed = 1;
	else
		ended = 1;
}

static void
fail(const char *what, int error)
{
	fprintf(stderr, "cable: %s: %s\n", what, rte_strerror(error));
	exit(1);
}

/* Start EAL without a core of its own: this process stays on all of its cores.
 */
static void
start_eal(int count, char **device)
{
	static char vdev[PORTS_MAX][512];
	char prefix[64];
	cpu_set_t cores;
	char *args[] = {"cable",
			prefix,
			"--no-huge",
			"-m",
			"128",
			"--no-shconf",
			"--no-pci",
			"--no-telemetry",
			"--log-level=warning",
			vdev[0],
			vdev[1],
			vdev[2],
			vdev[3]};

	snprintf(prefix, sizeof(prefix), "--file-prefix=cable.%d",
		 (int)getpid());
	for (int i = 0; i < count; i++)
		snprintf(vdev[i], sizeof(vdev[i]), "--vdev=%s", device[i]);
	sched_getaffinity(0, sizeof(cores), &cores);
	if (rte_eal_init(9 + count, args) < 0)
		fail("EAL does not start", rte_errno);
	sched_setaffinity(0, sizeof(cores), &cores);
}

static uint16_t
start_port(const char *device, struct rte_mempool *pool)
{
	static const struct rte_eth_conf plain;
	uint16_t rx = DESCRIPTORS;
	uint16_t tx = DESCRIPTORS;
	char name[64];
	uint16_t port;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(device, ","), device);
	int error = rte_eth_dev_get_port_by_name(name, &port);
	if (error == 0)
		error = rte_eth_dev_configure(port, 1, 1, &plain);
	if (error == 0)
		error = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
	if (error == 0)
		error = rte_eth_rx_queue_setup(port, 0, rx, 0, NULL, pool);
	if (error == 0)
		error = rte_eth_tx_queue_setup(port, 0, tx, 0, NULL);
	if (error == 0)
		error = rte_eth_dev_start(port);
	if (error != 0)
		fail(name, -error);
	/* The frames are for other addresses than the interface's own. */
	rte_eth_promiscuous_enable(port);
	return port;
}

/* Carry one burst.  Returns the number of frames that moved. */
static uint16_t
carry(struct way *way, struct cableweather *its_weather)
{
	struct rte_mbuf *frame[BURST];
	uint16_t come = rte_eth_rx_burst(way->from, 0, frame, BURST);

	if (!is_fair) {
		cableweather_put(its_weather, frame, come);
		come = cableweather_take(its_weather, frame, BURST);
	}
	const uint16_t gone = rte_eth_tx_burst(way->to, 0, frame, come);

	rte_pktmbuf_free_bulk(frame + gone, (unsigned)(come - gone));
	way->carried += gone;
	way->lost += (uint64_t)(come - gone);
	return come;
}

static void
change_weather(int ways)
{
	const char *path = getenv("CABLE_WEATHER");

	changed = 0;
	if (path == NULL || !cableweather_read(weather, ways, path)) {
		fprintf(stderr, "cable: CABLE_WEATHER names no weather\n");
		return;
	}
	is_fair = false;
	printf("weather\n");
	fflush(stdout);
}

/* ways: two for each cable. */
static void
print(const struct way *way, int ways)
{
	asked = 0;
	for (int i = 0; i < ways; i += 2)
		printf("%s{\"in\": %lu, \"in_lost\": %lu, \"out\": %lu, "
		       "\"out_lost\": %lu}",
		       i == 0 ? "[" : ", ", way[i].carried, way[i].lost,
		       way[i + 1].carried, way[i + 1].lost);
	printf("]\n");
	fflush(stdout);
}

static void
look_at_links(const struct way *way, int ways)
{
	struct rte_eth_link link;

	for (int i = 0; i < ways; i++) {
		const int error = rte_eth_link_get_nowait(way[i].from, &link);
		if (error != 0)
			fail("link", -error);
	}
}

static void
run(struct way *way, int ways)
{
	for (unsigned round = 0; !ended; round++) {
		uint16_t come = 0;

		for (int i = 0; i < ways; i++)
			come = (uint16_t)(come + carry(&way[i], &weather[i]));
		if (changed)
			change_weather(ways);
		if (asked)
			print(way, ways);
		if (round % LINK_ROUNDS == 0)
			look_at_links(way, ways);
		if (come == 0)
			usleep(NAP_US);
	}
}

int
main(int argc, char **argv)
{
	const int ports = argc - 1;
	struct way way[PORTS_MAX] = {0};

	if (ports != 2 && ports != PORTS_MAX) {
		fprintf(stderr, "usage: cable DEVICE DEVICE [DEVICE DEVICE]\n");
		return 2;
	}
	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	start_eal(ports, argv + 1);
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"cable", FRAMES, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		fail("no memory for frames", rte_errno);
	for (int i = 0; i < ports; i++) {
		way[i].from = start_port(argv[1 + i], pool);
		way[i ^ 1].to = way[i].from;
	}
	printf("ready\n");
	fflush(stdout);
	run(way, ports);
	print(way, ports);
	rte_eal_cleanup();
	return 0;
}
