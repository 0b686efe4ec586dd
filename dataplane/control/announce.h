/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ANNOUNCE_H
#define MX_ANNOUNCE_H

/* Announcements.  A neighbour that knows an address of ours with another MAC
 * address (the address has moved here, or a card was replaced) learns the new
 * one at once.
 *
 * Each is made ANNOUNCE_TIMES times, a second apart (RFC 5227 2.3, RFC 4861
 * 7.2.6): all addresses at the start, those that a plan adds, and those of a
 * port whose link comes up.  An address is announced by the first port that is
 * on its network; one that is on no port's network, by the first port where the
 * kernel has no address of that family, since that port's network is not known.
 *
 * Threads    the announcer: main, which makes the frames.  One worker sends
 *            them by its own queues; see outbox.h. */
#include <rte_mempool.h>

#include "vip.h"
#include "worker.h"

#define ANNOUNCE_TIMES 3
#define ANNOUNCE_PAUSE_MS 1000

/* Owned addresses at most, and frames on their way to the worker. */
#define ANNOUNCE_ROWS (MX_VIPS_MAX + MX_SNATS_MAX)
#define ANNOUNCE_FRAMES 1024

struct announcement {
	struct mx_addr addr;
	uint8_t port;
	uint8_t left; /* how many times more */
	uint64_t due_ms;
};

struct announcer {
	struct worker *worker; /* who sends */
	struct rte_mempool *pool;
	uint16_t ports;
	const char *interface[MX_PORTS_MAX];
	const struct view *view; /* whose addresses the rows are */
	uint16_t rows;
	struct announcement row[ANNOUNCE_ROWS];
};

/* Give the worker an outbox.  interface: of each of the worker's ports; they
 * stay where they are.  Before the worker starts.  Returns 0 or -errno. */
int announcer_make(struct announcer *announcer, struct worker *worker,
		   struct rte_mempool *pool, const char *const *interface);
void announcer_free(struct announcer *announcer);

/* The port's link has come up: announce what is announced by it. */
void announcer_link_up(struct announcer *announcer, uint16_t port,
		       uint64_t now_ms);

/* Give the worker the announcements that are due, of the addresses of the view
 * in force.  An announcement that finds no frame or no room waits. */
void announcer_poll(struct announcer *announcer, const struct view *view,
		    uint64_t now_ms);

#endif /* MX_ANNOUNCE_H */
