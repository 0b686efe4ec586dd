/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_PICK_H
#define MX_TABLES_PICK_H

/* A pick table turns the hash of a new flow into a backend id with one load.
 *
 * It is a weighted Maglev table (Eisenbud et al., NSDI 2016).  The control
 * plane builds it and every worker reads it.  It never changes in place: a
 * change is a new table in a staged slot of the region.  region.h describes how
 * workers move to it.
 *
 * Shape      uint16_t[65537], 128 KiB per pool, in the plan.
 * Invariant  each slot is MX_BACKEND_NONE or an id <= MX_BACKENDS_MAX.
 * Invariant  all slots are NONE, or none is.
 * Threads    build: one writer, on memory no worker can see.  find: any.
 */
#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#include "bounds.h"

/* Prime, so that every stride in [1, SLOTS) visits every slot. */
#define MX_PICK_SLOTS 65537u

struct mx_pick {
	alignas(64) uint16_t slot[MX_PICK_SLOTS];
};
static_assert(sizeof(struct mx_pick) == 131136,
	      "crosses processes: the layout is an ABI, see region.h");
static_assert(MX_PICK_SLOTS >= 64 * MX_BACKENDS_MAX,
	      "fewer slots per backend would make shares lumpy");

/* One backend's claim on the table. */
struct mx_pick_claim {
	uint64_t seed; /* stable per backend, so that its slots stay put */
	uint16_t backend;
	uint16_t weight; /* share of new flows; 0 takes none (drain) */
};

/* Fill *pick from claims[0..count).  Same claims in the same order, same
 * table, on any host.
 *
 * Returns 0.  No claims, or only zero weights, is not an error: every slot
 * becomes MX_BACKEND_NONE and workers drop new flows of this pool.
 * Returns -EINVAL, *pick untouched, if count > MX_BACKENDS_MAX, or a backend
 * id is 0 or over MX_BACKENDS_MAX, or a weight is over MX_WEIGHT_MAX. */
int mx_pick_build(struct mx_pick *pick, const struct mx_pick_claim *claims,
		  uint32_t count);

/* The slot of a hash: 32 bits of hash.h. */
static inline uint32_t
mx_pick_slot(uint32_t hash)
{
	return (uint32_t)(((uint64_t)hash * MX_PICK_SLOTS) >> 32);
}

/* Backend for a new flow, or MX_BACKEND_NONE. */
static inline uint16_t
mx_pick_find(const struct mx_pick *pick, uint32_t hash)
{
	return pick->slot[mx_pick_slot(hash)];
}

#endif /* MX_TABLES_PICK_H */
