/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TRUNK_H
#define MX_DRIVERS_TRUNK_H

/* A device with several networks, or with one that is tagged (IEEE 802.1Q).
 * Each network is a port of its own, which workers use as any other port:
 *
 *   worker w --- queue w of the port of VLAN 42 ---.
 *            --- queue w of the port of VLAN 43 ---+--- queue w of the device
 *            --- queue w of the untagged port -----'
 *
 * A worker that polls such a port first sends what waits there, then polls the
 * device.  Frames for the other ports wait until the worker polls these.  The
 * device is not polled while any frame waits.
 *
 * The card inserts and removes tags if it can (port.h), or else the worker.
 *
 * A packet that comes by one such port and leaves by another costs 62
 * instructions more than between ports without tags, and 136 if the worker
 * handles the tags: counted as bench/count does.
 *
 * Frames that are untagged, or whose tag names no VLAN, are those of the
 * untagged port.  It also gets the frames of VLANs without a port, with their
 * tags.  Without an untagged port both are dropped, and counted.
 *
 * Shape      each port is a ring port of DPDK: per queue a ring of frames that
 *            have come for it, and one of frames that it sends.
 * Invariant  only worker w uses queue w, of the ports and of the device.
 * Threads    make, end: main, while no worker runs.  Counts at any time. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

struct trunk_request {
	uint16_t device_id; /* DPDK's number of the device, which is started */
	uint16_t vlan;      /* 0: the untagged port */
	bool inserts;       /* the card inserts tags */
	struct rte_mempool *pool;
};

/* Make and start the port of a VLAN.  Returns 0, with DPDK's number of the port
 * in *port_id, or -errno. */
int trunk_port_make(const struct trunk_request *wanted, uint16_t *port_id);

/* End a port.  Returns true if the device has no other one. */
bool trunk_port_end(uint16_t port_id);

/* Was the port made by trunk_port_make()? */
bool trunk_has(uint16_t port_id);

/* The device of a port; of a port that trunk_port_make() did not make, the port
 * itself. */
uint16_t trunk_device(uint16_t port_id);

/* Is it the first port of its device?  True for ports of no trunk. */
bool trunk_is_first(uint16_t port_id);

struct trunk_counts {
	uint64_t rx;
	uint64_t tx;
	uint64_t other_vlan; /* frames of no port's network; at the first port
			      * of the device */
};
void trunk_count(uint16_t port_id, struct trunk_counts *counts);

#endif /* MX_DRIVERS_TRUNK_H */
