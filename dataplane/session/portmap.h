/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PORTMAP_H
#define MX_PORTMAP_H

/* The ports of one local (SNAT) address that belong to one worker: which are
 * free, and whose the others are.
 *
 * One array serves both questions.  The entry of a port in use is the reference
 * of its session, so a reply finds its session with one load and no hash; the
 * entry of a free port links to the next free one, so taking a port is a load
 * as well.
 *
 * The ports from MX_LOCAL_PORT_FIRST on are shared out evenly, in order, so
 * anyone can tell from a reply's port which worker has its session.
 *
 * Where the network card chooses the worker (rssowner.h), ports differ in where
 * they bring a reply: free ports of one class are a list of their own, and a
 * session takes one of a class that suits it.  Of a share as much suits a given
 * backend as it has of all ports, one part in `workers`; when that is used up,
 * any port will do, and replies to it are handed over.  Ports of a class are
 * used in turn, and so are the classes that suit: one that was just given back
 * rests longest, as its last connection may linger in TIME_WAIT at the backend.
 *
 * Threads    the worker that owns it; make, free: main, while no packet can
 *            reach it.  `used` and `spilled` may be read by any. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "addr.h"
#include "bounds.h"
#include "rssowner.h"

/* An entry with this bit is free, and the rest is the next free port's place
 * (or PORTMAP_END). */
#define PORTMAP_FREE 0x80000000u
#define PORTMAP_END 0xffffu

/* The largest share of a worker. */
#define PORTMAP_ENTRIES(workers) (MX_LOCAL_PORTS / (workers) + 1u)

struct portmap {
	uint32_t first; /* lowest port of this worker's share */
	uint32_t count;
	uint32_t *entry; /* [count] */
	struct mx_addr address;
	_Atomic uint32_t used;
	bool linked;
	bool stale;    /* a port was claimed since it was linked */
	uint32_t turn; /* the class to be used next */
	/* How often a session was to have this address, and no port of the
	 * share was left. */
	_Atomic uint32_t spilled;
	uint64_t ready; /* classes with a free port, a bit each */
	/* [2]: what the two bytes of a port add to its class. */
	const struct mx_class_byte *byte;
	uint16_t free_head[RSS_CLASSES]; /* offsets from first */
	uint16_t free_tail[RSS_CLASSES];
};

/* The worker whose share a local port is in; port >= MX_LOCAL_PORT_FIRST. */
static inline uint16_t
portmap_owner(uint16_t port, uint16_t workers)
{
	/* By a constant: the compiler makes it a multiplication. */
	return (uint16_t)((port - MX_LOCAL_PORT_FIRST) * (uint32_t)workers /
			  MX_LOCAL_PORTS);
}

/* A map of one worker's share of an address.  Made, then claimed for sessions
 * that were there before, then linked; only then ports can be taken.
 * entry: room for the share, PORTMAP_ENTRIES(workers).  claim returns false if
 * the port is not in the share or claimed already.  link, of which only the
 * first counts, strings the free ports together, beginning at `start` (any
 * number), so that a restarted data plane does not begin with the ports used
 * last.  sort, before link, says what classes there are: byte[2], to last as
 * long as the map; else it is one.
 *
 * A map that is never linked gives no ports: they are claimed alone.  A port of a
 * linked map may be claimed too: the free ports are strung together anew before
 * the next one is taken or given. */
void portmap_make(struct portmap *map, const struct mx_addr *address,
		  uint16_t worker, uint16_t workers, uint32_t *entry);
bool portmap_claim(struct portmap *map, uint16_t port, uint32_t session);
void portmap_sort(struct portmap *map, const struct mx_class_byte *byte);
void portmap_link(struct portmap *map, uint32_t start);

/* The next free port for a session, of any class or of one in a set (bit number
 * c: class c), or 0 if there is none. */
uint16_t portmap_take(struct portmap *map, uint32_t session);
uint16_t portmap_take_of(struct portmap *map, uint32_t session,
			 uint64_t classes);
void portmap_give(struct portmap *map, uint16_t port);

/* Before a port is taken: the map of an address that was a peer's is linked by its
 * worker alone.  This happens once. */
static inline void
portmap_begin(struct portmap *map)
{
	if (unlikely(!map->linked))
		portmap_link(map, 0);
}

/* Start loading what portmap_find() will look at. */
static inline void
portmap_prefetch(const struct portmap *map, uint16_t port)
{
	rte_prefetch0(&map->entry[(uint16_t)(port - map->first)]);
}

/* The session that uses a port, or UINT32_MAX.  Any port may be asked. */
static inline uint32_t
portmap_find(const struct portmap *map, uint16_t port)
{
	const uint32_t at = port - map->first; /* wraps if below */

	if (unlikely(at >= map->count))
		return UINT32_MAX;
	return map->entry[at] & PORTMAP_FREE ? UINT32_MAX : map->entry[at];
}

#endif /* MX_PORTMAP_H */
