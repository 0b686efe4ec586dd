/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_LEND_H
#define MX_DRIVERS_LEND_H

/* A port with fewer queues than there are workers.  A worker without a queue of
 * its own borrows one for sending, and receives nothing there.  Its frames come
 * by the hand-over rings, as from any port without RSS.
 *
 *   worker 0 --- queue 0 --------------------------- port
 *                   ^
 *                   | before each poll of queue 0
 *   worker 1 --- ring --- of a port that stands in for it, queue 1
 *
 * Only its owner uses a queue.  The owner sends the borrowers' frames whenever
 * it polls the queue.  Frames that do not fit stay in the ring.  When the ring
 * is full, the borrower counts the frames that it could not send.
 *
 * Shape      a ring of LEND_FRAMES a borrower, and a burst that waits a lender.
 * Threads    lend_queues, lend_end: main, while no worker runs. */
#include <stdint.h>

#include <rte_mempool.h>

#define LEND_FRAMES 1024

/* DPDK's ring ports have no more queues. */
#define LEND_WORKERS_MAX 16

/* Write into id[0..workers) the DPDK port by which each worker reaches the
 * started port `port_id`.  Each worker uses the queue of its number.  Returns
 * 0; -E2BIG if there are more workers than LEND_WORKERS_MAX and some would have
 * to borrow; or another -errno. */
int lend_queues(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
		uint16_t *id);

/* End all lending before the port is stopped. */
void lend_end(uint16_t port_id);

#endif /* MX_DRIVERS_LEND_H */
