/* SPDX-License-Identifier: BSD-3-Clause */
#include "trunk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "trunkqueue.h"

/* One burst of the device, and as many frames as the ring of a shared queue
 * holds; a ring holds one frame less than its size. */
#define IN_FRAMES (2 * TRUNK_BURST)
#define OUT_FRAMES 1024

static struct trunk trunks[MX_PORTS_MAX];

static struct rte_ring *
make_ring(const char *kind, const struct trunk_port *port, uint16_t number,
	  unsigned frames)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "vlan-%s%u-%u-%u", kind,
		 port->trunk->device_id, port->vlan, number);
	return rte_ring_create(name, frames, SOCKET_ID_ANY,
			       RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int
make_rings(struct trunk_port *port)
{
	for (uint16_t q = 0; q < port->trunk->queues; q++) {
		struct trunk_queue *queue = &port->queue[q];

		queue->port = port;
		queue->in = make_ring("in", port, q, IN_FRAMES);
		queue->out = make_ring("out", port, q, OUT_FRAMES);
		if (queue->in == NULL || queue->out == NULL)
			return -rte_errno;
	}
	return 0;
}

/* Start the port of DPDK that has the rings. */
static int
start_port(struct trunk_port *port, struct rte_mempool *pool)
{
	struct ringport wanted = {.kind = "vlan",
				  .queues = port->trunk->queues};

	for (uint16_t q = 0; q < wanted.queues; q++) {
		wanted.in[q] = port->queue[q].in;
		wanted.out[q] = port->queue[q].out;
	}
	return ringport_make(&wanted, pool, &port->port_id);
}

/* Join the port to the device.  Frames of an untagged port need no tag. */
static int
join(struct trunk_port *port)
{
	for (uint16_t q = 0; q < port->trunk->queues; q++) {
		struct trunk_queue *queue = &port->queue[q];

		queue->receives = rte_eth_add_rx_callback(port->port_id, q,
							  trunk_receive, queue);
		if (queue->receives == NULL)
			return -rte_errno;
		if (port->vlan == 0)
			continue;
		queue->sends = rte_eth_add_tx_callback(port->port_id, q,
						       trunk_tag, queue);
		if (queue->sends == NULL)
			return -rte_errno;
	}
	return 0;
}

static struct trunk_port *
find_made(uint16_t port_id)
{
	for (uint16_t t = 0; t < MX_PORTS_MAX; t++)
		for (uint16_t i = 0; i < MX_PORTS_MAX; i++) {
			struct trunk_port *port = &trunks[t].port[i];

			if (port->used && port->port_id == port_id)
				return port;
		}
	return NULL;
}

/* The trunk of a device, or a new one. */
static struct trunk *
find_trunk(uint16_t device_id)
{
	struct trunk *unused = NULL;

	for (uint16_t t = 0; t < MX_PORTS_MAX; t++) {
		if (trunks[t].ports == 0)
			unused = &trunks[t];
		else if (trunks[t].device_id == device_id)
			return &trunks[t];
	}
	return unused;
}

static int
make_trunk(struct trunk *trunk, const struct trunk_request *wanted)
{
	struct rte_eth_dev_info info;

	const int error = rte_eth_dev_info_get(wanted->device_id, &info);
	if (error != 0)
		return error;
	if (info.nb_rx_queues > TRUNK_QUEUES_MAX)
		return -E2BIG;
	memset(trunk, 0, sizeof(*trunk));
	memset(trunk->port_of, TRUNK_NO_PORT, sizeof(trunk->port_of));
	trunk->device_id = wanted->device_id;
	trunk->queues = info.nb_rx_queues;
	trunk->inserts = wanted->inserts;
	return 0;
}

int
trunk_port_make(const struct trunk_request *wanted, uint16_t *port_id)
{
	struct trunk *trunk = find_trunk(wanted->device_id);
	int error = 0;

	if (trunk == NULL || wanted->vlan >= TRUNK_VLANS)
		return -ENOSPC;
	if (trunk->ports == 0)
		error = make_trunk(trunk, wanted);
	if (error == 0 && trunk->ports == MX_PORTS_MAX)
		error = -ENOSPC;
	if (error == 0 && trunk->port_of[wanted->vlan] != TRUNK_NO_PORT)
		error = -EEXIST;
	if (error != 0)
		return error;
	struct trunk_port *port = &trunk->port[trunk->ports];
	*port = (struct trunk_port){.vlan = wanted->vlan, .trunk = trunk};
	error = make_rings(port);
	if (error == 0)
		error = start_port(port, wanted->pool);
	if (error == 0)
		error = join(port);
	if (error != 0)
		return error;
	port->used = true;
	trunk->port_of[wanted->vlan] = (uint8_t)trunk->ports++;
	*port_id = port->port_id;
	return 0;
}

bool
trunk_port_end(uint16_t port_id)
{
	struct trunk_port *port = find_made(port_id);
	struct trunk *trunk = port->trunk;
	bool last = true;

	for (uint16_t q = 0; q < trunk->queues; q++) {
		struct trunk_queue *queue = &port->queue[q];

		rte_eth_remove_rx_callback(port_id, q, queue->receives);
		if (queue->sends != NULL)
			rte_eth_remove_tx_callback(port_id, q, queue->sends);
		trunk->line[q].waiting -= rte_ring_count(queue->in);
		rte_pktmbuf_free_bulk(queue->frame, queue->waiting);
	}
	rte_eth_dev_stop(port_id);
	rte_eth_dev_close(port_id);
	for (uint16_t q = 0; q < trunk->queues; q++) {
		ringport_free_ring(port->queue[q].in);
		ringport_free_ring(port->queue[q].out);
	}
	port->used = false;
	trunk->port_of[port->vlan] = TRUNK_NO_PORT;
	for (uint16_t i = 0; i < trunk->ports; i++)
		last = last && !trunk->port[i].used;
	if (last)
		trunk->ports = 0;
	return last;
}

bool
trunk_has(uint16_t port_id)
{
	return find_made(port_id) != NULL;
}

uint16_t
trunk_device(uint16_t port_id)
{
	const struct trunk_port *port = find_made(port_id);

	return port != NULL ? port->trunk->device_id : port_id;
}

bool
trunk_is_first(uint16_t port_id)
{
	const struct trunk_port *port = find_made(port_id);

	return port == NULL || port == &port->trunk->port[0];
}

void
trunk_count(uint16_t port_id, struct trunk_counts *counts)
{
	const struct trunk_port *port = find_made(port_id);

	*counts = (struct trunk_counts){0};
	if (port == NULL)
		return;
	const struct trunk *trunk = port->trunk;
	for (uint16_t q = 0; q < trunk->queues; q++) {
		counts->rx += atomic_load_explicit(&port->queue[q].rx,
						   memory_order_relaxed);
		counts->tx += atomic_load_explicit(&port->queue[q].tx,
						   memory_order_relaxed);
		if (port == &trunk->port[0])
			counts->other_vlan +=
				atomic_load_explicit(&trunk->line[q].other_vlan,
						     memory_order_relaxed);
	}
}
