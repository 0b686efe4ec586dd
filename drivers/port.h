/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PORT_H
#define MX_DRIVERS_PORT_H

/* Ports: from the configuration to a started DPDK port with one queue pair a
 * worker.  What a port lacks (RSS, checksum offload) is not asked for: asking
 * makes DPDK refuse the port, and software does it.
 *
 * Threads    main, before the workers start and after they have stopped. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "config.h"
#include "driver.h"
#include "rss.h"

/* The --vdev argument of a port; see struct driver. */
int port_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char text[static DRIVER_TEXT_MAX]);

/* DPDK's number of the port of that index, when EAL is up; 0 or -errno. */
int port_find(const struct mx_config_port *port, uint16_t index,
	      uint16_t *port_id);

/* What a port is asked for beside its queues, or what it has of it. */
struct port_traits {
	struct rss rss; /* found: rss.lack says why it is not what was wanted */
	bool interrupts; /* of each rx queue */
	/* found: RTE_ETH_RX_OFFLOAD_* of the checksums that it checks. */
	uint64_t checksums;
};

/* Configure and start a port: a pair of queues a worker, whose segments RSS
 * shares out where the port has it and there are several.
 * Returns 0 with what it has in *found, or -errno. */
int port_start(uint16_t port_id, uint16_t queues, struct rte_mempool *pool,
	       const struct port_traits *want, struct port_traits *found);

/* The largest IP packet that a port may be given, or -errno. */
int port_mtu(const struct mx_config_port *port);

void port_stop(uint16_t port_id);

#endif /* MX_DRIVERS_PORT_H */
