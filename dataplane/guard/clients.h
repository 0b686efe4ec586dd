/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLIENTS_H
#define MX_CLIENTS_H

/* How many sessions each client has: one table for all workers.
 *
 * A client is an address, or a prefix of addresses, of one service.  A key is
 * its keyed hash: the table has no addresses.
 *
 *   bucket    count[8]   {tag 32 | sessions 24 | free 6 | overflow 1 | known 1}
 *             rate[8]    rate.h
 *
 * An entry is the same place in both lines.  Every change of a word is one
 * compare-and-swap.  A session keeps the place of the entry that counts it, so
 * the entry loses exactly what it got, whatever the configuration has become
 * since.  The rate line tells how many sessions began in this window of ten
 * seconds and in the one before; its tag tells whether that was this client.
 *
 * A client has six buckets.  Its entry is in another than the first only if
 * that had little room, and then all buckets before it have their overflow bit
 * set: a look-up nearly always reads one line.  An entry without sessions keeps
 * the history of its client until another client needs the place; the entry of
 * a known client goes last.
 *
 * Invariant  the sum of `sessions` is the number of adds that were counted,
 *            less the removes.
 * Invariant  a client has one entry: entries are made under a lock, which the
 *            client's first bucket chooses.
 * Threads    any, at once; make and free: one, while nobody uses it. */
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "hash.h"

#define CLIENTS_BUCKET_ENTRIES 8

struct clients_bucket {
	alignas(64) _Atomic uint64_t count[CLIENTS_BUCKET_ENTRIES];
	alignas(64) _Atomic uint64_t rate[CLIENTS_BUCKET_ENTRIES];
};
static_assert(sizeof(struct clients_bucket) == 128, "two cache lines");

#define CLIENTS_LOCKS 64

struct clients_lock {
	alignas(64) atomic_flag taken;
};

struct clients {
	struct clients_bucket *bucket;
	uint32_t buckets;
	struct mx_hash_key key;
	struct clients_lock lock[CLIENTS_LOCKS];
};

/* The place of an entry.  CLIENTS_NONE: of no entry. */
#define CLIENTS_NONE 0u

/* The bits of a whole address. */
#define CLIENTS_ADDRESS_BITS 128

enum clients_verdict {
	CLIENTS_COUNTED,
	CLIENTS_OVER, /* the client has all that it may have */
	CLIENTS_FULL, /* no entry is free: the client may pass, uncounted */
};

/* What the table knows of a client. */
struct clients_seen {
	uint32_t sessions;
	uint32_t recent; /* begun in the last ten seconds */
	bool known;
};

/* A table for `sessions` sessions of all workers: each has an entry for its
 * address and one for its prefix.  Returns 0 or -ENOMEM. */
int clients_make(struct clients *clients, uint32_t sessions,
		 const struct mx_hash_key *key);
void clients_free(struct clients *clients);

/* The key of the first `bits` of an address; the others must be zero.  bits: of
 * 128, IPv4 as ::ffff:a.b.c.d. */
uint64_t clients_key(const struct clients *clients, uint8_t service,
		     const struct mx_addr *addr, uint8_t bits);

/* Start loading what clients_look() and clients_add() read. */
void clients_prefetch(const struct clients *clients, uint64_t key);

/* Look a client up; this changes nothing. */
struct clients_seen clients_look(const struct clients *clients, uint64_t key,
				 uint32_t now_s);

/* Count one more session of a client, if it has fewer than `most`; 0: in any
 * case.  *place is that of its entry, or CLIENTS_NONE if it was not counted. */
enum clients_verdict clients_add(struct clients *clients, uint64_t key,
				 uint32_t most, uint32_t *place);

/* A counted session has ended. */
void clients_remove(struct clients *clients, uint32_t place);

/* The client of a counted session is an MTA that talks. */
void clients_know(struct clients *clients, uint32_t place);

/* Note that a counted session began now, unless its client has begun `most` in
 * ten seconds already; 0: in any case.  Returns whether it was noted. */
bool clients_begin(struct clients *clients, uint32_t place, uint64_t key,
		   uint32_t most, uint32_t now_s);

/* Take clients_begin() back. */
void clients_unbegin(struct clients *clients, uint32_t place, uint64_t key,
		     uint32_t now_s);

/* Is the entry of `place` that of a client? */
bool clients_is_at(const struct clients *clients, uint32_t place, uint64_t key);

#endif /* MX_CLIENTS_H */
