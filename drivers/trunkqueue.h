/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TRUNKQUEUE_H
#define MX_DRIVERS_TRUNKQUEUE_H

/* The queues of a trunk (trunk.h): what a worker does when it polls a port of a
 * trunk, or sends by one.
 *
 * Threads    queue q: worker q.  Counts may be read at any time. */
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_ring.h>

#include "bounds.h"
#include "ringport.h"
#include "tag.h"

#define TRUNK_BURST 32

#define TRUNK_QUEUES_MAX RINGPORT_QUEUES_MAX

#define TRUNK_VLANS (TAG_VLAN_MASK + 1)
#define TRUNK_NO_PORT UINT8_MAX

struct trunk;
struct trunk_port;

/* A queue of a port: its worker alone uses it, and writes its counts. */
struct trunk_queue {
	alignas(64) struct trunk_port *port;
	struct rte_ring *in, *out;
	const struct rte_eth_rxtx_callback *receives, *sends;
	uint16_t waiting; /* frames that the device has not taken yet */
	_Atomic uint64_t rx, tx;
	struct rte_mbuf *frame[TRUNK_BURST];
};

struct trunk_port {
	bool used;
	uint16_t port_id;
	uint16_t vlan;
	struct trunk *trunk;
	struct trunk_queue queue[TRUNK_QUEUES_MAX];
};

/* What the queues of that number share. */
struct trunk_line {
	alignas(64) uint32_t waiting; /* frames in all rings `in` */
	_Atomic uint64_t other_vlan;
};

struct trunk {
	uint16_t ports; /* 0: not used */
	uint16_t device_id;
	uint16_t queues;
	bool inserts;
	uint8_t port_of[TRUNK_VLANS]; /* index of the port, or TRUNK_NO_PORT */
	struct trunk_port port[MX_PORTS_MAX];
	struct trunk_line line[TRUNK_QUEUES_MAX];
};

/* Receive by a port: for rte_eth_add_rx_callback().  `frame` has the frames that
 * have waited for the port.  arg: its queue. */
uint16_t trunk_receive(uint16_t port_id, uint16_t number,
		       struct rte_mbuf **frame, uint16_t count,
		       uint16_t count_max, void *arg);

/* Tag the frames that a port sends: for rte_eth_add_tx_callback().  Frames
 * without room for a tag come last, and count as not sent.  arg: its queue. */
uint16_t trunk_tag(uint16_t port_id, uint16_t number, struct rte_mbuf **frame,
		   uint16_t count, void *arg);

#endif /* MX_DRIVERS_TRUNKQUEUE_H */
