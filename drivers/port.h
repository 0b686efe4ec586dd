/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PORT_H
#define MX_DRIVERS_PORT_H

/* Ports: from the configuration to a started DPDK port with one queue pair a
 * worker.  A port is not asked for what it lacks (RSS, checksum offload), since
 * DPDK would refuse the port.  Software does that work.
 *
 * Threads    main; port_own, port_disown and port_count at any time, the rest
 *            before the workers start and after they have stopped. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "bonding.h"
#include "config.h"
#include "driver.h"
#include "owned.h"
#include "rss.h"

/* The device of a port, and its arguments; see struct driver. */
int port_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char text[static DRIVER_TEXT_MAX]);

/* Is the port's interface or device absent (absence.h)?  Then standin.h has a
 * port for its place. */
bool port_is_absent(const struct mx_config_port *port);

/* Find the port with that index that DPDK made, when EAL is up; a bond gets its
 * members.  Returns 0 with DPDK's number of the port, or -errno. */
int port_open(const struct mx_config_port *port, uint16_t index,
	      uint16_t *port_id);

/* What a port is asked for, or what it has of it. */
struct port_traits {
	uint16_t queues; /* 0: one for each worker */
	uint16_t mtu;    /* 0: DPDK's default */
	struct rss rss;  /* found: rss.lack says what is missing */
	bool interrupts; /* of each rx queue */
	bool tagged;     /* frames have tags; see trunk.h */
	/* found: RTE_ETH_RX_OFFLOAD_* of the checksums that it checks. */
	uint64_t checksums;
	bool all_multicast; /* found: it takes frames to every group */
	bool strips_tags;   /* found: the port removes tags */
	bool inserts_tags;  /* found */
};

/* Configure and start a port with a pair of queues for each worker, or as many
 * as it has.  If the port has RSS and several queues, RSS distributes the
 * segments.  Returns 0 with *found set, or -errno. */
int port_start(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
	       const struct port_traits *want, struct port_traits *found);

/* Let the driver finish its setup; 0 or -errno.  port_id: of the port that
 * workers use. */
int port_started(const struct mx_config_port *port, uint16_t port_id);

/* Read the state of the port's link; 0 or -errno, -ENODEV if its interface or
 * its device is gone. */
int port_link(const struct mx_config_port *port, uint16_t port_id,
	      struct link_state *state);

/* What a port stands on, for messages: "interface eth0", "device 0000:65:00.0".
 * Returns text. */
#define PORT_BASIS_MAX 80
const char *port_basis(const struct mx_config_port *port,
		       char text[static PORT_BASIS_MAX]);

/* Is there a network card between a peer on this host and the port? */
bool port_has_card(const struct mx_config_port *port);

/* The capabilities (capabilities.h) that a started port still needs. */
uint64_t port_keeps(const struct mx_config_port *port);

/* port_own() claims the plan's addresses from the kernel in addition to those
 * already claimed.  port_disown() releases those that the last port_own() did
 * not name; call it when no worker uses an older plan.  Neither does anything
 * for drivers that leave the kernel a copy of every frame.  Both return 0, or
 * the first -errno. */
int port_own(const struct mx_owned_table *owned);
int port_disown(void);

/* The counts of the driver and of the port since the start.  The losses of a
 * device with several ports (trunk.h) are those of the first of them. */
struct port_counts {
	uint64_t rx;
	uint64_t tx;
	uint64_t missed;
	uint64_t no_memory;
	uint64_t errors;
	uint64_t partial;    /* arrival.h */
	uint64_t other_vlan; /* trunk.h */
};
void port_count(uint16_t port_id, struct port_counts *counts);

/* Stop a port, and its device if no other port uses it. */
void port_stop(uint16_t port_id);

#endif /* MX_DRIVERS_PORT_H */
