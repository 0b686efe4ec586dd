/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_STANDIN_H
#define MX_DRIVERS_STANDIN_H

/* A port in the place of one whose device was unplugged, so that the workers
 * serve the other ports as before.  It receives nothing, and takes no frame to
 * send.
 *
 * Threads    main, while no worker runs. */
#include <stdint.h>

#include <rte_mempool.h>

/* Make and start a stand-in with a queue pair for each worker.  It counts as
 * unplugged (unplug.h).  Returns 0; -E2BIG for more workers than DPDK's ring
 * ports have queues; or another -errno. */
int standin_make(uint16_t workers, struct rte_mempool *pool, uint16_t *port_id);

/* Stop a port whose device was unplugged.  Then let the kernel have the device,
 * if no other port uses it. */
void standin_release(uint16_t port_id);

#endif /* MX_DRIVERS_STANDIN_H */
