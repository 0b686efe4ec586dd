/* SPDX-License-Identifier: BSD-3-Clause */
#include "sharedqueue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "bounds.h"

#define BURST 32

struct shared_port;

struct shared_queue {
	struct shared_port *port;
	const struct rte_eth_rxtx_callback *callback;
	uint16_t waiting; /* frames that the port has not taken yet */
	struct rte_mbuf *frame[BURST];
};

struct shared_port {
	bool used;
	uint16_t port_id; /* the port whose queues are shared */
	uint16_t stand_in;
	uint16_t queues;
	uint16_t workers;
	struct rte_ring *nothing; /* always empty: the receive side of workers
				   * without a queue */
	struct rte_ring *out[SHARED_WORKERS_MAX];
	struct shared_queue queue[SHARED_WORKERS_MAX];
};

static struct shared_port ports[MX_PORTS_MAX];

/* Send the waiting frames.  Returns whether none is left. */
static bool
send_waiting(struct shared_queue *queue, uint16_t number)
{
	if (queue->waiting == 0)
		return true;
	const uint16_t sent = rte_eth_tx_burst(queue->port->port_id, number,
					       queue->frame, queue->waiting);
	queue->waiting = (uint16_t)(queue->waiting - sent);
	memmove(queue->frame, queue->frame + sent,
		queue->waiting * sizeof(struct rte_mbuf *));
	return queue->waiting == 0;
}

/* DPDK calls this when the owner has polled its queue. */
static uint16_t
send_for_others(uint16_t port_id, uint16_t number, struct rte_mbuf **frame,
		uint16_t count, uint16_t count_max, void *arg)
{
	struct shared_queue *queue = arg;
	const struct shared_port *port = queue->port;

	(void)port_id, (void)frame, (void)count_max;
	bool sent = send_waiting(queue, number);
	for (uint32_t w = (uint32_t)number + port->queues;
	     sent && w < port->workers; w += port->queues) {
		queue->waiting = (uint16_t)rte_ring_sc_dequeue_burst(
			port->out[w], (void **)queue->frame, BURST, NULL);
		sent = send_waiting(queue, number);
	}
	return count;
}

static struct rte_ring *
make_ring(uint16_t port_id, uint16_t number, uint32_t frames, unsigned flags)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "shared-%u-%u", port_id, number);
	return rte_ring_create(name, frames, SOCKET_ID_ANY, flags);
}

static int
make_rings(struct shared_port *port)
{
	port->nothing = make_ring(port->port_id, SHARED_WORKERS_MAX, 2, 0);
	if (port->nothing == NULL)
		return -rte_errno;
	for (uint16_t w = 0; w < port->workers; w++) {
		port->out[w] =
			w < port->queues
				? port->nothing
				: make_ring(port->port_id, w,
					    SHARED_QUEUE_FRAMES,
					    RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (port->out[w] == NULL)
			return -rte_errno;
	}
	return 0;
}

static int
make_stand_in(struct shared_port *port, struct rte_mempool *pool)
{
	struct ringport wanted = {.kind = "shared", .queues = port->workers};

	for (uint16_t w = 0; w < port->workers; w++) {
		wanted.in[w] = port->nothing;
		wanted.out[w] = port->out[w];
	}
	return ringport_make(&wanted, pool, &port->stand_in);
}

static int
watch_polls(struct shared_port *port)
{
	for (uint16_t q = 0; q < port->queues; q++) {
		struct shared_queue *queue = &port->queue[q];

		queue->port = port;
		queue->callback = rte_eth_add_rx_callback(
			port->port_id, q, send_for_others, queue);
		if (queue->callback == NULL)
			return -rte_errno;
	}
	return 0;
}

static struct shared_port *
find_port(bool used, uint16_t port_id)
{
	for (uint16_t i = 0; i < MX_PORTS_MAX; i++)
		if (ports[i].used == used &&
		    (!used || ports[i].port_id == port_id))
			return &ports[i];
	return NULL;
}

int
shared_queues_make(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
		   uint16_t *id)
{
	struct rte_eth_dev_info info;

	int error = rte_eth_dev_info_get(port_id, &info);
	if (error != 0)
		return error;
	for (uint16_t w = 0; w < workers; w++)
		id[w] = port_id;
	if (info.nb_rx_queues >= workers)
		return 0;
	if (workers > SHARED_WORKERS_MAX)
		return -E2BIG;
	struct shared_port *port = find_port(false, 0);
	if (port == NULL)
		return -ENOSPC;
	*port = (struct shared_port){
		.used = true,
		.port_id = port_id,
		.queues = info.nb_rx_queues,
		.workers = workers,
	};
	error = make_rings(port);
	if (error == 0)
		error = make_stand_in(port, pool);
	if (error == 0)
		error = watch_polls(port);
	for (uint16_t w = port->queues; w < workers && error == 0; w++)
		id[w] = port->stand_in;
	return error;
}

void
shared_queues_end(uint16_t port_id)
{
	struct shared_port *port = find_port(true, port_id);

	if (port == NULL)
		return;
	for (uint16_t q = 0; q < port->queues; q++) {
		struct shared_queue *queue = &port->queue[q];

		rte_eth_remove_rx_callback(port_id, q, queue->callback);
		rte_pktmbuf_free_bulk(queue->frame, queue->waiting);
	}
	rte_eth_dev_stop(port->stand_in);
	rte_eth_dev_close(port->stand_in);
	/* The process may go on without this port (standin.h). */
	for (uint16_t w = port->queues; w < port->workers; w++)
		ringport_free_ring(port->out[w]);
	rte_ring_free(port->nothing);
	port->used = false;
}
