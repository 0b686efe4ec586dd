/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_RINGPORT_H
#define MX_DRIVERS_RINGPORT_H

/* DPDK ports that are made of rings: workers use them like any other port, and
 * the other end of the rings is ours.
 *
 * Threads    main, while no worker runs. */
#include <stdint.h>

#include <rte_mempool.h>
#include <rte_ring.h>

/* DPDK's ring ports have no more queues. */
#define RINGPORT_QUEUES_MAX 16

struct ringport {
	const char *kind; /* the first part of its name */
	uint16_t queues;
	struct rte_ring *in[RINGPORT_QUEUES_MAX];  /* what it receives */
	struct rte_ring *out[RINGPORT_QUEUES_MAX]; /* what it sends */
};

/* Make and start a port.  Returns 0 with DPDK's number of the port in *port_id,
 * or -errno. */
int ringport_make(const struct ringport *wanted, struct rte_mempool *pool,
		  uint16_t *port_id);

/* Free a ring, and the frames in it. */
void ringport_free_ring(struct rte_ring *ring);

#endif /* MX_DRIVERS_RINGPORT_H */
