/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STEER_H
#define MX_STEER_H

/* Whose a segment is, by its addresses and ports alone.
 *
 * The hash is the one that network cards use for RSS (Toeplitz, 32 bits), of
 * which the low six bits are the class of a flow; a class belongs to a worker.
 * So where the ports have RSS, with our key and the classes' owners for a
 * table, segments come to the worker that owns them.  Where they have not,
 * software computes the same and workers hand over.  Who owns a flow is the
 * same in both cases and after a restart: the key follows from that of the
 * sessions, which lives with them.
 *
 *   client to VIP     the class of the flow
 *   reply (fullnat)   the local port: each worker has a share (portmap.h), and
 *                     chooses in it one whose reply has a class of its own
 *   nat, both ways    the keyed hash of the client's end: a reply shows the
 *                     client and not the VIP, so no class tells; handed over
 *
 * The hash is linear: that of a whole is the XOR of that of its bytes.  Hence a
 * table of bytes, and the class of a reply is that of the rest of it XOR that
 * of its local port.  What a card computed is not read from the frame: a wrong
 * guess of where a segment arrives costs a hand-over, a wrong owner a session.
 *
 * 64 classes are shared out evenly among 2, 4, 8, 16 or 32 workers, and within
 * a fifth among up to 12.
 *
 * Threads    make: main, before the worker runs.  The rest: the worker's own.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "hash.h"
#include "rss.h"

/* Bytes of addresses and ports, in the order of the headers. */
#define STEER_BYTES4 12
#define STEER_BYTES6 36
static_assert(sizeof(struct mx_flow4) == STEER_BYTES4, "hashed as it lies");
static_assert(sizeof(struct mx_flow) == STEER_BYTES6, "hashed as it lies");

/* Every class, in a set of classes: bit number c. */
#define STEER_ANY UINT64_MAX
static_assert(RSS_CLASSES == 64, "a set of classes is one word");
static_assert(MX_WORKERS_MAX <= RSS_CLASSES, "every worker has a class");

/* The class that each value of a byte, at some place of a flow, adds. */
struct steer_byte {
	uint8_t class[256];
};

struct steer {
	bool predicted; /* the ports do as we say: choose ports by it */
	uint8_t owner[RSS_CLASSES];
	/* By the class of a reply without its local port: those of local ports
	 * that bring it here. */
	uint64_t here[RSS_CLASSES];
	struct steer_byte byte[STEER_BYTES6];
};

/* The tables of worker `worker`; nothing is predicted yet.  key: that of the
 * sessions. */
void steer_make(struct steer *steer, const struct mx_hash_key *key,
		uint16_t worker, uint16_t workers);

/* What the ports are to be told. */
struct rss steer_rss(const struct steer *steer, const struct mx_hash_key *key,
		     bool ipv6);

/* Does a port that says it has `found` put segments where we think?  By a
 * plain computation over sample segments, beside the tables.
 * Returns NULL, or what is wrong, to be said after the port's name. */
const char *steer_fault(const struct steer *steer, const struct rss *found);

/* The class of a flow that lies in memory in network order, STEER_BYTES4 or
 * STEER_BYTES6 long. */
static inline uint32_t
steer_class(const struct steer *steer, const void *flow, uint32_t bytes)
{
	const uint8_t *value = flow;
	uint32_t class = 0;

	/* gcc would leave 36 steps a loop, which takes twice as long. */
#pragma GCC unroll 36
	for (uint32_t i = 0; i < bytes; i++)
		class ^= steer->byte[i].class[value[i]];
	return class;
}

/* flow: struct mx_flow4, of IPv6 struct mx_flow, or as it lies in a frame. */
static inline uint16_t
steer_owner4(const struct steer *steer, const void *flow)
{
	return steer->owner[steer_class(steer, flow, STEER_BYTES4)];
}

static inline uint16_t
steer_owner6(const struct steer *steer, const void *flow)
{
	return steer->owner[steer_class(steer, flow, STEER_BYTES6)];
}

/* The owner of a flow of either family. */
uint16_t steer_owner(const struct steer *steer, const struct mx_flow *flow);

/* The classes of local ports that bring the replies of `server` to `local`
 * here: all, if nothing is predicted. */
uint64_t steer_here(const struct steer *steer, const struct mx_addr *server,
		    uint16_t server_port_be, const struct mx_addr *local);

/* What the two bytes of a local port, high and low, add; by the family of the
 * local address.  If nothing is predicted, all ports are of one class. */
const struct steer_byte *steer_port_bytes(const struct steer *steer,
					  const struct mx_addr *local);

#endif /* MX_STEER_H */
