/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ANNOUNCE_H
#define MX_ANNOUNCE_H

/* Announcements.  A neighbour may know an owned address with another MAC
 * address, since the address has moved here or a card was replaced.  An
 * announcement tells it the new MAC address at once.
 *
 * Each is sent ANNOUNCE_TIMES times, a second apart (RFC 5227 2.3, RFC 4861
 * 7.2.6).  At the start all addresses are announced, later those that a plan
 * adds, and those of a port whose link comes up.  The first port on the network
 * of an address announces it.  If no port is on that network, the first port
 * announces it where the kernel has no address of that family: the network of
 * that port is not known.
 *
 * Threads    the announcer: main, which makes the frames.  One worker sends
 *            them by its own queues; see outbox.h. */
#include <rte_mempool.h>

#include "owned.h"
#include "worker.h"

#define ANNOUNCE_TIMES 3
#define ANNOUNCE_PAUSE_MS 1000

/* The most owned addresses, and the most frames on their way to the worker. */
#define ANNOUNCE_ROWS (MX_VIPS_MAX + MX_SNATS_MAX)
#define ANNOUNCE_FRAMES 1024

struct announcement {
	struct mx_addr addr;
	uint8_t port;
	uint8_t left; /* announcements that are still to be sent */
	uint64_t due_ms;
};

struct announcer {
	struct worker *worker; /* the worker that sends the frames */
	struct rte_mempool *frame_pool;
	uint16_t ports;
	const char *interface[MX_PORTS_MAX];
	const struct active_plan
		*active; /* the active plan that has the addresses of the
				  * rows */
	uint16_t rows;
	struct announcement row[ANNOUNCE_ROWS];
};

/* Give the worker an outbox.  interface: the name for each of the worker's
 * ports; the names must outlive the announcer.  Before the worker starts.
 * Returns 0 or -errno. */
int announcer_make(struct announcer *announcer, struct worker *worker,
		   struct rte_mempool *pool, const char *const *interface);
void announcer_free(struct announcer *announcer);

/* The port's link has come up: announce the addresses of this port. */
void announcer_link_up(struct announcer *announcer, uint16_t port,
		       uint64_t now_ms);

/* Give the worker the announcements that are due, of the addresses of the
 * active plan in force.  An announcement without a free frame or without room
 * waits. */
void announcer_poll(struct announcer *announcer,
		    const struct active_plan *active, uint64_t now_ms);

#endif /* MX_ANNOUNCE_H */
