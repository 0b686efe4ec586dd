/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_LEND_H
#define MX_DRIVERS_LEND_H

/* A port with fewer queues than there are workers: who has none of his own
 * borrows one to send by, and receives nothing there; what is his comes by the
 * hand-over rings, as from any port without RSS.
 *
 *   worker 0 --- queue 0 --------------------------- port
 *                   ^
 *                   | before each poll of queue 0
 *   worker 1 --- ring --- of a port that stands in for it, queue 1
 *
 * A queue is its owner's alone: he sends for the others whenever he polls it.
 * What does not fit stays, and so fills the ring, whose sender then counts what
 * he could not send.
 *
 * Shape      a ring of LEND_FRAMES a borrower, and a burst that waits a lender.
 * Threads    lend_queues, lend_end: main, while no worker runs. */
#include <stdint.h>

#include <rte_mempool.h>

#define LEND_FRAMES 1024

/* DPDK's ring ports have no more queues. */
#define LEND_WORKERS_MAX 16

/* Say in id[0..workers) by which port, DPDK's number, each worker reaches the
 * started port `port_id`; the queue is the worker's number.
 * Returns 0; -E2BIG if there are more workers than LEND_WORKERS_MAX and some
 * would have to borrow; or another -errno. */
int lend_queues(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
		uint16_t *id);

/* Before the port is stopped: nobody stands in for it any more. */
void lend_end(uint16_t port_id);

#endif /* MX_DRIVERS_LEND_H */
