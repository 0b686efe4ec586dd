/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_SHAREDQUEUE_H
#define MX_DRIVERS_SHAREDQUEUE_H

/* A port with fewer queues than there are workers.  A worker without a queue of
 * its own sends through another's, and receives nothing there.  Its frames come
 * by the hand-over rings, as from any port without RSS.
 *
 *   worker 0 --- queue 0 --------------------------- port
 *                   ^
 *                   | before each poll of queue 0
 *   worker 1 --- ring --- of a port that stands in for it, queue 1
 *
 * Only its owner uses a queue.  The owner sends the others' frames whenever
 * it polls the queue.  Frames that do not fit stay in the ring.  When the ring
 * is full, the worker counts the frames that it could not send.
 *
 * Shape      one ring for each worker without a queue; each shared queue keeps
 *            one burst that the port has not taken.
 * Threads    shared_queues_make, shared_queues_end: main, while no worker
 *            runs. */
#include <stdint.h>

#include <rte_mempool.h>

#include "ringport.h"

#define SHARED_QUEUE_FRAMES 1024

#define SHARED_WORKERS_MAX RINGPORT_QUEUES_MAX

/* Write into id[0..workers) the DPDK port by which each worker reaches the
 * started port `port_id`.  Each worker uses the queue of its number.  Returns
 * 0; -E2BIG if there are more workers than SHARED_WORKERS_MAX and fewer
 * queues; or another -errno. */
int shared_queues_make(uint16_t port_id, uint16_t workers,
		       struct rte_mempool *pool, uint16_t *id);

/* End all sharing before the port is stopped. */
void shared_queues_end(uint16_t port_id);

#endif /* MX_DRIVERS_SHAREDQUEUE_H */
