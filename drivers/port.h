/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PORT_H
#define MX_DRIVERS_PORT_H

/* Ports: from the configuration to a started DPDK port with one queue pair a
 * worker.  What a port lacks (RSS, checksum offload) is not asked for: asking
 * makes DPDK refuse the port, and software does it.
 *
 * Threads    main, before the workers start and after they have stopped. */
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "config.h"
#include "driver.h"

/* The --vdev argument of a port; see struct driver. */
int port_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char text[static DRIVER_TEXT_MAX]);

/* Configure and start the port of that index, when EAL is up.
 * Returns 0 with DPDK's number and the MAC address, or -errno. */
int port_start(const struct mx_config_port *port, uint16_t index,
	       uint16_t queues, struct rte_mempool *pool, uint16_t *port_id,
	       struct rte_ether_addr *mac);

void port_stop(uint16_t port_id);

#endif /* MX_DRIVERS_PORT_H */
