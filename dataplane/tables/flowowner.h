/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_FLOWOWNER_H
#define MX_TABLES_FLOWOWNER_H

/* The worker that owns a flow, from addresses and ports alone.
 *
 * The hash is the one that network cards use for RSS (Toeplitz, 32 bits).  Its
 * low six bits are the class of a flow, and each class belongs to a worker. The
 * key follows from that of the sessions, so a flow has the same owner after a
 * restart, and only who may read a session file can tell it.
 *
 * The hash is linear: that of a whole is the XOR of that of its bytes.  Hence a
 * table of bytes.
 *
 * 64 classes are shared out evenly among 2, 4, 8, 16 or 32 workers, and within
 * a fifth among up to 12.
 *
 * In nat a reply shows the client and not the VIP, so no class tells the owner
 * of both directions: the keyed hash of the client's end does.
 *
 * Threads    pure functions: any. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "hash.h"

/* As many as the smallest RSS tables of network cards have entries. */
#define MX_FLOW_CLASSES 64u
static_assert(MX_WORKERS_MAX <= MX_FLOW_CLASSES, "every worker has a class");

/* Bytes of addresses and ports, in the order of the headers. */
#define MX_FLOW_BYTES4 12
#define MX_FLOW_BYTES6 36
static_assert(sizeof(struct mx_flow4) == MX_FLOW_BYTES4, "hashed as it lies");
static_assert(sizeof(struct mx_flow) == MX_FLOW_BYTES6, "hashed as it lies");

/* Where in these the last port begins, in bits: the local port of a reply. */
#define MX_FLOW_LAST_PORT4 (8 * MX_FLOW_BYTES4 - 16)
#define MX_FLOW_LAST_PORT6 (8 * MX_FLOW_BYTES6 - 16)

/* All that the hash of TCP over IPv6 uses: 36 bytes of input and 32 bits. */
#define MX_FLOW_KEY_BYTES 40

/* The class that each value of a byte, at some place of a flow, adds. */
struct mx_class_byte {
	uint8_t class[256];
};

struct mx_flow_owners {
	uint16_t workers;
	uint8_t owner[MX_FLOW_CLASSES];
	struct mx_class_byte byte[MX_FLOW_BYTES6];
};

/* The key of the hash.  key: that of the sessions. */
void mx_flow_key(const struct mx_hash_key *key,
		 uint8_t bits[static MX_FLOW_KEY_BYTES]);

/* The tables of the owners of flows.  key: that of the sessions. */
void mx_flow_owners_make(struct mx_flow_owners *owners,
			 const struct mx_hash_key *key, uint16_t workers);

/* The class of a flow that lies in memory in network order, MX_FLOW_BYTES4 or
 * MX_FLOW_BYTES6 long. */
static inline uint32_t
mx_flow_class(const struct mx_flow_owners *owners, const void *flow,
	      uint32_t bytes)
{
	const uint8_t *value = flow;
	uint32_t class = 0;

	/* gcc would leave 36 steps a loop, which takes twice as long. */
#pragma GCC unroll 36
	for (uint32_t i = 0; i < bytes; i++)
		/* The analyzer does not see that all of the flow is written. */
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.*) */
		class ^= owners->byte[i].class[value[i]];
	return class;
}

/* flow: struct mx_flow4, of IPv6 struct mx_flow, or as it lies in a frame. */
static inline uint16_t
mx_flow_owner4(const struct mx_flow_owners *owners, const void *flow)
{
	return owners->owner[mx_flow_class(owners, flow, MX_FLOW_BYTES4)];
}

static inline uint16_t
mx_flow_owner6(const struct mx_flow_owners *owners, const void *flow)
{
	return owners->owner[mx_flow_class(owners, flow, MX_FLOW_BYTES6)];
}

/* The owner of a flow of either family. */
uint16_t mx_flow_owner(const struct mx_flow_owners *owners,
		       const struct mx_flow *flow);

/* The owner, out of `workers`, of a nat session, from the hash of the client's
 * end. */
static inline uint16_t
mx_nat_owner(uint64_t hash, uint16_t workers)
{
	/* The middle bits: the others choose bucket and tag. */
	return (uint16_t)(((hash >> 24 & 0xffff) * workers) >> 16);
}

/* The owner of a client's segment.  key: that of the sessions; nat: how the
 * service forwards. */
uint16_t mx_client_owner(const struct mx_flow_owners *owners,
			 const struct mx_hash_key *key, bool nat,
			 const struct mx_flow *flow);

#endif /* MX_TABLES_FLOWOWNER_H */
