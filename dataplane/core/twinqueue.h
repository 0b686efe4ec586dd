/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TWINQUEUE_H
#define MX_TWINQUEUE_H

/* The worker's end of the twins: the kernel's interfaces beside ports that
 * bypass the kernel (drivers/twin).
 *
 *   port ----> read: not ours ----> twinqueue_put() ----> twin ----> kernel
 *   port <---- twinqueue_poll() <-------------------------- twin <---- kernel
 *
 * Frames travel in bursts, since with some twins each burst, and with others
 * each frame, costs a system call.  A rate limits the frames to the kernel, so
 * that a flood of them does not take the worker's time.  ARP and neighbour
 * discovery have a rate of their own: a flood of other frames does not keep the
 * kernel from the addresses of its neighbours.  So have the answers to what the
 * kernel has asked (asked.h), which are those of health checks: a flood to the
 * host takes no MTA for dead.  Each port has its own rates.
 * Frames for the MAC addresses of other hosts do not count: they are dropped
 * before, as a network card drops them.
 *
 * Frames over the port's MTU are dropped in both directions.  Peers on this
 * host send them by memif or vhost, and net_tap takes no frame of a burst
 * behind one.  The kernel sends them if the twin was given a larger MTU than
 * its port.  They may be in several pieces then, which a port was not
 * configured for.
 *
 * Invariant  a frame is counted once: as to_kernel, or as dropped.  A frame
 *            from the kernel is part of rx, and of from_kernel.
 * Threads    the worker's own. */
#include "worker.h"

/* The frames that each worker may give the kernel from a port in a second, and
 * the frames that it may give at once.  With these limits a TCP connection gets
 * 100 Mbit/s, and a worker that needs a system call for each frame has most of
 * its time left. */
#define TWIN_RATE 10000u
#define TWIN_RATE_BURST 1000u

/* While frames arrive at the ports, the twins are polled once in so many polls
 * of the ports: some 20 us. */
#define TWIN_POLL_EVERY 16u

/* Give a frame to the kernel by the twin of frame->port, with the worker's next
 * burst.  If the port has no twin the frame ends here: the kernel has its own
 * copy. */
void twinqueue_put(struct worker *w, struct rte_mbuf *frame);

/* Send what twinqueue_put() has kept. */
void twinqueue_flush(struct worker *w);

/* Are the twins to be polled in a poll that received so many frames? */
static inline bool
twinqueue_is_due(const struct worker *w, uint16_t received)
{
	return received == 0 || w->count->polls % TWIN_POLL_EVERY == 0;
}

/* Queue the frames that the kernel sends for the ports that they leave by.
 * Returns how many; at most BURST_MAX for each port. */
uint16_t twinqueue_poll(struct worker *w);

#endif /* MX_TWINQUEUE_H */
