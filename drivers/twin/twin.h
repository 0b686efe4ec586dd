/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TWIN_H
#define MX_DRIVERS_TWIN_H

/* The kernel's twin of a port that bypasses the kernel: an interface with the
 * port's MAC address.  The kernel receives by it what the workers do not want,
 * and sends by it to the port's network: ARP, health checks, SSH, routing
 * protocols.
 *
 *   twin      how a worker reaches the TAP                      queues
 *   vhost     virtio-user and a thread of the kernel
 *             (vhost-net): no system call for each frame        1 to 8
 *   tap       net_tap: one system call for each frame           1 to 16
 *   auto      vhost if /dev/vhost-net can be opened, or tap
 *
 * A worker beyond the last queue shares the queue of another worker.
 *
 * The interface stays up at the end.  net_tap may take it down when it is
 * stopped, so the end of the process closes it.
 *
 * Threads    main, before the workers start. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "config.h"

struct twin_request {
	const char *interface; /* made if there is none; see tap.h */
	const char *instance;
	enum mx_twin kind;
	struct rte_ether_addr mac; /* of the port */
	uint16_t mtu;
	uint16_t workers;
	bool interrupts;
	struct rte_mempool *frame_pool;
};

struct twin {
	enum mx_twin kind; /* MX_TWIN_VHOST or MX_TWIN_TAP */
	uint16_t port_id;
	uint16_t queues;
	bool interrupts; /* of each queue */
};

/* Make a twin and start it.  Logs what fails.  Returns 0 with *twin set, or
 * -errno. */
int twin_make(const struct twin_request *wanted, struct twin *twin);

/* Stop a twin, as far as its interface stays up.  No worker runs any more. */
void twin_stop(uint16_t port_id, enum mx_twin kind);

#endif /* MX_DRIVERS_TWIN_H */
