/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PORT_H
#define MX_DRIVERS_PORT_H

/* Ports: from the configuration to a started DPDK port with one queue pair a
 * worker.  What a port lacks (RSS, checksum offload) is not asked for: asking
 * makes DPDK refuse the port, and software does it.
 *
 * Threads    main; port_own, port_disown and port_count at any time, the rest
 *            before the workers start and after they have stopped. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "config.h"
#include "driver.h"
#include "rss.h"
#include "vip.h"

/* The --vdev argument of a port; see struct driver. */
int port_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char text[static DRIVER_TEXT_MAX]);

/* DPDK's number of the port of that index, when EAL is up; 0 or -errno. */
int port_find(const struct mx_config_port *port, uint16_t index,
	      uint16_t *port_id);

/* Frames of the pool that one of its queues may keep; see struct driver. */
uint32_t port_frames(const struct mx_config_port *port);

/* What a port is asked for beside its queues, or what it has of it. */
struct port_traits {
	struct rss rss; /* found: rss.lack says why it is not what was wanted */
	bool interrupts; /* of each rx queue */
	/* found: RTE_ETH_RX_OFFLOAD_* of the checksums that it checks. */
	uint64_t checksums;
};

/* Configure and start a port: a pair of queues a worker, or as many as it has,
 * whose segments RSS shares out where the port has it and there are several.
 * Returns 0 with what it has in *found, or -errno. */
int port_start(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
	       const struct port_traits *want, struct port_traits *found);

/* What its driver has left to do then; 0 or -errno. */
int port_started(const struct mx_config_port *port, uint16_t port_id);

/* The largest IP packet that a port may be given, or -errno. */
int port_mtu(const struct mx_config_port *port);

/* Where the kernel does not get a copy of all frames: take those that a plan's
 * addresses are ours by from it, beside those of before; and give back what
 * the last port_own() did not name.  The second when no worker uses an older
 * plan any more.  Both return 0, or the first -errno. */
int port_own(const struct mx_vip_table *owned);
int port_disown(void);

/* What the driver and the port have counted since the start. */
struct port_counts {
	uint64_t rx;
	uint64_t tx;
	uint64_t missed;
	uint64_t errors;
	uint64_t partial; /* arrival.h */
};
void port_count(uint16_t port_id, struct port_counts *counts);

void port_stop(uint16_t port_id);

#endif /* MX_DRIVERS_PORT_H */
