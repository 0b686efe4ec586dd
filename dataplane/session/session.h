/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSION_H
#define MX_SESSION_H

/* The session table of one worker, found by the client's end.
 *
 *   bucket[hash]        8 tags and 8 references, one cache line, made anew at
 *                       start; a tag is 16 bits of the hash; a place is the
 *                       index, and whether the client is IPv6
 *   session[index]      one cache line, in the file that outlives the process
 *                       (sessions.h)
 *
 * A look-up has two steps, as it has two misses of the cache: seek goes to the
 * bucket and says where the session probably is, so that it can be loaded; find
 * compares.  Between the two a burst of other packets has its turn.
 *
 * A flow has two buckets.  Its session is in the secondary only if the primary
 * was full when it came.  The primary counts such sessions (overflow), so that
 * nearly all look-ups touch one bucket and one session.
 *
 * Invariant  every session whose state is not FREE is in exactly one bucket;
 *            every other one is on the free list.
 * Threads    the worker that owns the table; attach: main, before it starts. */
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include "hash.h"
#include "plan.h"
#include "sessions.h"
#include "tags.h"

#define SESSION_BUCKET_SLOTS TAGS
#define SESSION_NONE UINT32_MAX

/* A bit of a reference: the client is IPv6, so that a packet to it needs the
 * session's second line. */
#define SESSION_WIDE 0x40000000u
static_assert(MX_SESSIONS_MAX < SESSION_WIDE, "it is no bit of an index");

struct session_bucket {
	alignas(64) uint16_t tag[SESSION_BUCKET_SLOTS]; /* 0: empty */
	uint32_t ref[SESSION_BUCKET_SLOTS];
	uint16_t overflow; /* sessions of this bucket that are in another */
};
static_assert(sizeof(struct session_bucket) == 64, "one cache line");

struct session_table {
	struct mx_sessions_file *file;
	struct session_bucket *bucket;
	uint32_t bucket_mask;
	uint32_t count; /* sessions there is room for */
	uint32_t used;
	uint32_t free_head; /* oldest first, so that an index rests longest */
	uint32_t free_tail;
	uint32_t scan; /* where expiry goes on */
};

/* Make the table over a mapped file: buckets, free list.  Sessions that are
 * in the file are kept if keep() says so, and freed otherwise.
 * Returns 0 or -ENOMEM. */
int session_table_attach(struct session_table *table,
			 struct mx_sessions_file *file,
			 bool (*keep)(void *arg, struct mx_session *s,
				      uint32_t index),
			 void *arg);
void session_table_detach(struct session_table *table);

/* Memory of the buckets of a table with room for `count` sessions. */
size_t session_table_buckets_bytes(uint32_t count);

static inline uint32_t
session_index(const struct session_table *table, const struct mx_session *s)
{
	return (uint32_t)(s - table->file->session);
}

static inline struct mx_session *
session_at(const struct session_table *table, uint32_t ref)
{
	return &table->file->session[ref & (SESSION_WIDE - 1)];
}

static inline uint32_t
session_ref(uint32_t index, uint8_t kind)
{
	return kind & MX_SESSION_CLIENT6 ? index | SESSION_WIDE : index;
}

static inline struct mx_session_wide *
session_wide(const struct session_table *table, const struct mx_session *s)
{
	return mx_session_wide_of(table->file, session_index(table, s));
}

/* Tag and bucket come from separate bits of the hash. */
static inline uint16_t
session_tag(uint64_t hash)
{
	return (uint16_t)(hash >> 48) | 1;
}

static inline uint32_t
session_primary(const struct session_table *table, uint64_t hash)
{
	return (uint32_t)hash & table->bucket_mask;
}

/* The other bucket of a flow; its own inverse, so one leads to the other. */
static inline uint32_t
session_secondary(const struct session_table *table, uint32_t primary,
		  uint16_t tag)
{
	return (primary ^ tag * 0x5bd1e995u) & table->bucket_mask;
}

static inline void
session_prefetch(const struct session_table *table, uint64_t hash)
{
	rte_prefetch0(&table->bucket[session_primary(table, hash)]);
}

/* Start loading a session whose reference is known, for a packet to the client
 * with its second line if it needs it. */
static inline void
session_prefetch_at(const struct session_table *table, uint32_t ref,
		    bool to_client)
{
	rte_prefetch0(session_at(table, ref));
	if (to_client && ref & SESSION_WIDE)
		rte_prefetch0(mx_session_wide_of(table->file,
						 ref & (SESSION_WIDE - 1)));
}

/* The reference of the session that a flow probably has: any of its tag in its
 * first bucket, or SESSION_NONE. */
static inline uint32_t
session_seek(const struct session_table *table, uint64_t hash)
{
	const struct session_bucket *bucket =
		&table->bucket[session_primary(table, hash)];
	const uint32_t found = tags_find(bucket->tag, session_tag(hash));

	return likely(found != 0) ? bucket->ref[__builtin_ctz(found)]
				  : SESSION_NONE;
}

/* Does a session have these ends?  The client's side is compared for a segment
 * from the client; the server's side for a segment from the backend that
 * carries the client's own address (nat).  ends: the packet's, as struct
 * mx_flow4 or, of IPv6, struct mx_flow, but need not be aligned. */
typedef bool session_match(const struct session_table *table,
			   const struct mx_session *s, const void *ends);

/* Compare twelve bytes of an IPv4 packet with those of a session. */
static inline bool
session_ends_are4(const struct mx_session *s, size_t from, const void *ends)
{
	const uint8_t *here = (const uint8_t *)s + from;
	uint64_t addresses[2];
	uint32_t ports[2];

	memcpy(&addresses[0], here, 8);
	memcpy(&addresses[1], ends, 8);
	memcpy(&ports[0], here + 8, 4);
	memcpy(&ports[1], (const uint8_t *)ends + 8, 4);
	return ((addresses[0] ^ addresses[1]) | (ports[0] ^ ports[1])) == 0;
}

/* The ends of an IPv6 packet, as sessions hold them. */
static inline struct mx_flow4
session_narrow(const struct session_table *table, const void *ends)
{
	const struct mx_hash_key *key = &table->file->key;
	const uint8_t *at = ends;
	struct mx_flow4 narrow = {
		.src_be = mx_hash_digest(key, at),
		.dst_be = mx_hash_digest(key, at + sizeof(struct mx_addr)),
	};

	memcpy(&narrow.src_port_be, at + offsetof(struct mx_flow, src_port_be),
	       2 * sizeof(uint16_t));
	return narrow;
}

/* In a session with IPv6 ends these bytes are digests.  They equal those of an
 * IPv4 packet in the same bucket, with the same tag, by a chance of 2^-64. */
static inline bool
session_client_is4(const struct session_table *table,
		   const struct mx_session *s, const void *ends)
{
	(void)table;
	return session_ends_are4(s, MX_SESSION_FROM_CLIENT, ends);
}

static inline bool
session_server_is4(const struct session_table *table,
		   const struct mx_session *s, const void *ends)
{
	(void)table;
	return session_ends_are4(s, MX_SESSION_FROM_SERVER, ends) &&
	       s->kind == MX_FORWARD_NAT;
}

static inline bool
session_client_is6(const struct session_table *table,
		   const struct mx_session *s, const void *ends)
{
	const struct mx_flow4 narrow = session_narrow(table, ends);

	return session_ends_are4(s, MX_SESSION_FROM_CLIENT, &narrow) &&
	       (s->kind & MX_SESSION_CLIENT6) != 0;
}

static inline bool
session_server_is6(const struct session_table *table,
		   const struct mx_session *s, const void *ends)
{
	const struct mx_flow4 narrow = session_narrow(table, ends);

	return session_ends_are4(s, MX_SESSION_FROM_SERVER, &narrow) &&
	       s->kind == (MX_FORWARD_NAT | MX_SESSION_CLIENT6 |
			   MX_SESSION_SERVER6);
}

static __rte_always_inline struct mx_session *
session_find_in(const struct session_table *table,
		const struct session_bucket *bucket, uint16_t tag,
		session_match *match, const void *ends)
{
	uint32_t found = tags_find(bucket->tag, tag);

	for (; found != 0; found &= found - 1) {
		struct mx_session *s =
			session_at(table, bucket->ref[__builtin_ctz(found)]);
		if (match(table, s, ends))
			return s;
	}
	return NULL;
}

/* The session that matches, or NULL.  hash: of the client's end, under the
 * session key.  match: a constant, so that each is a loop of its own. */
static __rte_always_inline struct mx_session *
session_find(const struct session_table *table, uint64_t hash,
	     session_match *match, const void *ends)
{
	const uint16_t tag = session_tag(hash);
	const uint32_t primary = session_primary(table, hash);
	const struct session_bucket *bucket = &table->bucket[primary];
	struct mx_session *s = session_find_in(table, bucket, tag, match, ends);

	if (s != NULL || likely(bucket->overflow == 0))
		return s;
	bucket = &table->bucket[session_secondary(table, primary, tag)];
	return session_find_in(table, bucket, tag, match, ends);
}

/* The search anew: for a SYN, and where session_seek() found what has gone
 * since.  It is not inline, so that the compiler has more registers left for
 * segments of established sessions. */
static __rte_noinline struct mx_session *
session_find_anew(const struct session_table *table, uint64_t hash,
		  session_match *match, const void *ends)
{
	return session_find(table, hash, match, ends);
}

/* The same, with what session_seek() said a moment ago: sessions that came or
 * went since then make no difference. */
static __rte_always_inline struct mx_session *
session_find_at(const struct session_table *table, uint32_t sought,
		uint64_t hash, session_match *match, const void *ends)
{
	if (likely(sought != SESSION_NONE)) {
		struct mx_session *s = session_at(table, sought);

		if (likely(atomic_load_explicit(&s->state,
						memory_order_relaxed) !=
				   MX_SESSION_FREE &&
			   match(table, s, ends)))
			return s;
	}
	return session_find_anew(table, hash, match, ends);
}

/* All four addresses of a session, whatever their families. */
static inline struct mx_session_wide
session_ends(const struct session_table *table, const struct mx_session *s)
{
	return mx_session_ends(s, session_wide(table, s));
}

/* The flow of a segment to the session's backend, and of one to its client. */
static inline struct mx_flow
session_flow_in(const struct session_table *table, const struct mx_session *s)
{
	const struct mx_session_wide ends = session_ends(table, s);

	return (struct mx_flow){ends.local, ends.server, s->local_port_be,
				s->server_port_be};
}

static inline struct mx_flow
session_flow_back(const struct session_table *table, const struct mx_session *s)
{
	const struct mx_session_wide ends = session_ends(table, s);

	return (struct mx_flow){ends.vip, ends.client, s->vip_port_be,
				s->client_port_be};
}

/* The hash that decides where a session is. */
static inline uint64_t
session_hash(const struct session_table *table, const struct mx_session *s)
{
	const struct mx_hash_key *key = &table->file->key;

	if (s->kind & MX_SESSION_CLIENT6)
		return mx_hash_client6(key, session_wide(table, s)->client.byte,
				       s->client_port_be);
	return mx_hash_client4(key, s->client_be, s->client_port_be);
}

/* Enter a new session: *filled, with every field set but state and next, and
 * in the given state; *wide if one of its ends is IPv6, else NULL.  Its flow
 * must not be there yet.
 * Returns the session, or NULL if all are in use or both buckets are full. */
struct mx_session *session_insert(struct session_table *table,
				  const struct mx_session *filled,
				  const struct mx_session_wide *wide,
				  uint8_t state);

/* Another server of the same family answers for the session.  What follows from
 * its ends is up to the caller. */
void session_set_server(struct session_table *table, struct mx_session *s,
			const struct mx_endpoint *server);

/* The same of its local end, of the family that it had. */
void session_set_local(struct session_table *table, struct mx_session *s,
		       const struct mx_endpoint *local);

void session_remove(struct session_table *table, struct mx_session *s);

/* Look at the next sessions in turn, counting *steps down, and return the first
 * whose deadline has passed (the caller removes it and goes on), or NULL when
 * no steps are left. */
struct mx_session *session_expired(struct session_table *table, uint32_t now_s,
				   uint32_t *steps);

#endif /* MX_SESSION_H */
