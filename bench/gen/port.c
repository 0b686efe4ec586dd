/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "device.h"

#define DESCRIPTORS 1024
/* A ring must hold a frame of every session that is under way. */
#define RING_FRAMES 4096
#define POOL_CACHE 512
#define ARGS_MAX (24 + COMMAND_EAL_MAX)
#define ARG_BYTES (VALUE_DEVICE_MAX + 16)

/* A frame takes this much of the pool: small pages hold one each. */
#define FRAME_MEMORY_BYTES 4096u
#define BASE_MEMORY_MIB 64u

struct eal_args {
	int count;
	char *pointer[ARGS_MAX];
	char text[ARGS_MAX][ARG_BYTES];
};

static void __attribute__((format(printf, 2, 3)))
add_arg(struct eal_args *args, const char *format, ...)
{
	char *at = args->text[args->count];
	va_list values;

	va_start(values, format);
	vsnprintf(at, ARG_BYTES, format, values);
	va_end(values);
	args->pointer[args->count++] = at;
}

static void
add_device(struct eal_args *args, const char *device)
{
	if (device[0] == '\0')
		return;
	if (mx_device_is_pci(device))
		add_arg(args, "--allow=%s", device);
	else
		add_arg(args, "--vdev=%s", device);
}

static int
start_eal(struct command *command)
{
	static struct eal_args args; /* EAL keeps pointers into it */
	const bool pci = mx_device_is_pci(command->client_device) ||
			 mx_device_is_pci(command->server_device);

	add_arg(&args, "mxsteer-gen");
	add_arg(&args, "--lcores=0@%u", command->core);
	add_arg(&args, "--log-level=warning");
	add_arg(&args, "--no-telemetry");
	if (command->huge) {
		add_arg(&args, "--in-memory");
	} else {
		add_arg(&args, "--no-huge");
		add_arg(&args, "--no-shconf");
		add_arg(&args, "--file-prefix=mxsteer-gen.%d", (int)getpid());
		add_arg(&args, "-m");
		add_arg(&args, "%u",
			BASE_MEMORY_MIB + command->mbufs / 1024 *
						  FRAME_MEMORY_BYTES / 1024);
	}
	if (!pci)
		add_arg(&args, "--no-pci");
	add_device(&args, command->client_device);
	add_device(&args, command->server_device);
	for (int i = 0; i < command->eal_count; i++)
		add_arg(&args, "%s", command->eal[i]);
	if (rte_eal_init(args.count, args.pointer) < 0) {
		fprintf(stderr, "EAL does not start: %s\n",
			rte_strerror(rte_errno));
		return -EIO;
	}
	return 0;
}

/* Make two ports.  The frames sent by one are received by the other. */
static int
make_ring_ports(struct command *command)
{
	struct rte_ring *there = rte_ring_create("gen_there", RING_FRAMES, 0,
						 RING_F_SP_ENQ | RING_F_SC_DEQ);
	struct rte_ring *back = rte_ring_create("gen_back", RING_FRAMES, 0,
						RING_F_SP_ENQ | RING_F_SC_DEQ);

	if (there == NULL || back == NULL)
		return -ENOMEM;
	const int client =
		rte_eth_from_rings("gen_client", &back, 1, &there, 1, 0);
	const int server =
		rte_eth_from_rings("gen_server", &there, 1, &back, 1, 0);
	if (client < 0 || server < 0)
		return -rte_errno;
	command->gen.client.port = (uint16_t)client;
	command->gen.server.port = (uint16_t)server;
	return 0;
}

static int
find_port(const char *device, uint16_t *port)
{
	char name[MX_DEVICE_NAME_MAX];

	return rte_eth_dev_get_port_by_name(mx_device_name(device, name), port);
}

static int
start_queues(uint16_t port, struct rte_mempool *pool)
{
	static const struct rte_eth_conf plain;
	uint16_t rx = DESCRIPTORS;
	uint16_t tx = DESCRIPTORS;
	const unsigned socket = (unsigned)SOCKET_ID_ANY;

	int error = rte_eth_dev_configure(port, 1, 1, &plain);
	if (error == 0)
		error = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
	if (error == 0)
		error = rte_eth_rx_queue_setup(port, 0, rx, socket, NULL, pool);
	if (error == 0)
		error = rte_eth_tx_queue_setup(port, 0, tx, socket, NULL);
	if (error == 0)
		error = rte_eth_dev_start(port);
	if (error == 0)
		rte_eth_promiscuous_enable(port); /* each server has its own MAC
						   * address */
	return error;
}

/* Use the port's own address.  Rings have none. */
static int
start_side(struct gen_side *side, const char *device, struct rte_mempool *pool)
{
	int error = device[0] != '\0' ? find_port(device, &side->port) : 0;

	if (error == 0)
		error = start_queues(side->port, pool);
	if (error == 0 && device[0] != '\0') {
		rte_eth_macaddr_get(side->port, &side->mac);
		rte_eth_dev_get_mtu(side->port, &side->mtu);
	}
	if (error != 0)
		fprintf(stderr, "port %s does not start: %s\n",
			device[0] != '\0' ? device : "ring",
			rte_strerror(-error));
	return error;
}

int
ports_start(struct command *command)
{
	struct gen_options *gen = &command->gen;

	int error = start_eal(command);
	if (error != 0)
		return error;
	gen->pool = rte_pktmbuf_pool_create("gen", command->mbufs, POOL_CACHE,
					    0, RTE_MBUF_DEFAULT_BUF_SIZE,
					    SOCKET_ID_ANY);
	if (gen->pool == NULL) {
		fprintf(stderr, "no memory for %u frame buffers\n",
			command->mbufs);
		return -ENOMEM;
	}
	if (command->ring) {
		error = make_ring_ports(command);
		if (error != 0)
			return error;
	}
	if (gen->client.on)
		error = start_side(&gen->client, command->client_device,
				   gen->pool);
	if (error == 0 && gen->server.on)
		error = start_side(&gen->server, command->server_device,
				   gen->pool);
	return error;
}

void
ports_stop(const struct command *command)
{
	if (command->gen.client.on)
		rte_eth_dev_stop(command->gen.client.port);
	if (command->gen.server.on)
		rte_eth_dev_stop(command->gen.server.port);
	rte_eal_cleanup();
}
