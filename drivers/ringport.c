/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringport.h"

#include <stdio.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

/* DPDK wants a number, and the size of a ring is that of the ring. */
#define DESCRIPTORS 64

static int
start(uint16_t port_id, uint16_t queues, struct rte_mempool *pool)
{
	static const struct rte_eth_conf plain;

	int error = rte_eth_dev_configure(port_id, queues, queues, &plain);
	for (uint16_t q = 0; q < queues && error == 0; q++) {
		error = rte_eth_rx_queue_setup(port_id, q, DESCRIPTORS, 0, NULL,
					       pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(port_id, q, DESCRIPTORS,
						       0, NULL);
	}
	return error == 0 ? rte_eth_dev_start(port_id) : error;
}

int
ringport_make(const struct ringport *wanted, struct rte_mempool *pool,
	      uint16_t *port_id)
{
	static unsigned made_before; /* a name that was used is not free
				      * again */
	char name[RTE_ETH_NAME_MAX_LEN];

	snprintf(name, sizeof(name), "%s%u", wanted->kind, made_before++);
	const int made = rte_eth_from_rings(
		name, (struct rte_ring *const *)wanted->in, wanted->queues,
		(struct rte_ring *const *)wanted->out, wanted->queues, 0);
	if (made < 0)
		return -rte_errno;
	*port_id = (uint16_t)made;
	return start(*port_id, wanted->queues, pool);
}

void
ringport_free_ring(struct rte_ring *ring)
{
	void *frame;

	while (rte_ring_sc_dequeue(ring, &frame) == 0)
		rte_pktmbuf_free(frame);
	rte_ring_free(ring);
}
