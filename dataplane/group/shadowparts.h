/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUP_SHADOWPARTS_H
#define MX_GROUP_SHADOWPARTS_H

/* What is in the file of a shadow, and where: for shadowread.c and
 * shadowwrite.c.
 *
 * Threads    pure functions: any. */
#include <assert.h>

#include "shadow.h"

/* A bucket of the index is a cache line of references: the number of an entry
 * plus one, and 8 bits of the hash, so that a look-up in vain seldom looks at an
 * entry.  0: none.  What does not fit goes to the next buckets, and the bucket
 * counts it, so that nearly all look-ups read one line. */
#define BUCKET_SLOTS 15
#define BUCKETS_TRIED 4

/* Aim at buckets that are half full: each entry has two references. */
#define REFS_PER_BUCKET 8

#define REF_BITS 24
static_assert(MX_SESSIONS_MAX < 1u << REF_BITS, "a reference has 24 bits");

struct bucket {
	alignas(64) _Atomic uint32_t ref[BUCKET_SLOTS];
	_Atomic uint32_t passed; /* references that went on to the next */
};
static_assert(sizeof(struct bucket) == 64, "one cache line");

/* Where the parts of a file begin. */
struct parts {
	size_t versions;
	size_t sessions;
	size_t wides;
	size_t end;
};

static inline size_t
round_up(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

static inline uint32_t
buckets_of(uint32_t count)
{
	uint32_t buckets = BUCKETS_TRIED;

	while (buckets < 2 * (count / REFS_PER_BUCKET + 1))
		buckets *= 2;
	return buckets;
}

static inline struct parts
parts_of(uint32_t count, uint32_t buckets, bool wide)
{
	struct parts parts;

	parts.versions = sizeof(struct mx_shadow) +
			 (size_t)buckets * sizeof(struct bucket);
	parts.sessions =
		round_up(parts.versions + (size_t)count * sizeof(uint32_t));
	parts.wides =
		parts.sessions + (size_t)count * sizeof(struct mx_session);
	parts.end = parts.wides +
		    (wide ? (size_t)count * sizeof(struct mx_session_wide) : 0);
	return parts;
}

static inline uint32_t
ref_of(uint64_t hash, uint32_t slot)
{
	return (uint32_t)(hash >> 56) << REF_BITS | (slot + 1);
}

#endif /* MX_GROUP_SHADOWPARTS_H */
