/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RIGPORTS_H
#define MX_TESTS_RIGPORTS_H

/* The base of every rig of a program: EAL, a pool of frames, two ports made of
 * rings, and the rings by which workers hand frames over.  rig_start_dpdk()
 * makes it once.
 *
 * Threads    a ring has one sender and one receiver. */
#include <rte_mempool.h>
#include <rte_ring.h>

#include "rig.h"

#define RIG_PORTS 2

struct rig_ports {
	struct rte_mempool *pool;
	uint16_t id[RIG_PORTS]; /* DPDK's numbers */
	/* The frames that a queue will receive, and those it has sent. */
	struct rte_ring *rx[RIG_PORTS][RIG_WORKERS_MAX];
	struct rte_ring *tx[RIG_PORTS][RIG_WORKERS_MAX];
	struct rte_ring *handoff[RIG_WORKERS_MAX][RIG_WORKERS_MAX];
};

extern struct rig_ports rig_ports;

#endif /* MX_TESTS_RIGPORTS_H */
