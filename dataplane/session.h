/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSION_H
#define MX_SESSION_H

/* The session table of one worker: client flow -> session.
 *
 *   bucket[hash]        8 tags and 8 indexes, one cache line, made anew at
 *                       start; a tag is 16 bits of the hash
 *   session[index]      one cache line, in the file that outlives the process
 *                       (tables/sessions.h)
 *
 * A flow has two buckets; it lies in the second only if the first was full
 * when it came, and the first counts how many did ("spilled"), so that nearly
 * all look-ups touch one bucket and one session.
 *
 * Invariant  every session whose state is not FREE is in exactly one bucket;
 *            every other one is on the free list.
 * Threads    the worker that owns the table; attach: main, before it starts.
 */
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "hash.h"
#include "sessions.h"

#define SESSION_BUCKET_SLOTS 8
#define SESSION_NONE UINT32_MAX

struct session_bucket {
	alignas(64) uint16_t tag[SESSION_BUCKET_SLOTS]; /* 0: empty */
	uint32_t index[SESSION_BUCKET_SLOTS];
	uint16_t spilled; /* sessions of this bucket that lie in their second */
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

static inline uint64_t
session_hash(const struct session_table *table, const struct mx_flow4 *flow)
{
	return mx_hash_flow4(&table->file->key, flow->src_be, flow->dst_be,
			     flow->src_port_be, flow->dst_port_be);
}

/* Tag and bucket come from separate bits of the hash. */
static inline uint16_t
session_tag(uint64_t hash)
{
	return (uint16_t)(hash >> 48) | 1;
}

static inline uint32_t
session_home(const struct session_table *table, uint64_t hash)
{
	return (uint32_t)hash & table->bucket_mask;
}

/* The other bucket of a flow; its own inverse, so one leads to the other. */
static inline uint32_t
session_away(const struct session_table *table, uint32_t home, uint16_t tag)
{
	return (home ^ tag * 0x5bd1e995u) & table->bucket_mask;
}

static inline void
session_prefetch(const struct session_table *table, uint64_t hash)
{
	rte_prefetch0(&table->bucket[session_home(table, hash)]);
}

static inline bool
session_is(const struct mx_session *s, const struct mx_flow4 *flow)
{
	return s->client_be == flow->src_be && s->vip_be == flow->dst_be &&
	       s->client_port_be == flow->src_port_be &&
	       s->vip_port_be == flow->dst_port_be;
}

static inline struct mx_session *
session_find_in(const struct session_table *table,
		const struct session_bucket *bucket, uint16_t tag,
		const struct mx_flow4 *flow)
{
	for (uint32_t i = 0; i < SESSION_BUCKET_SLOTS; i++) {
		if (bucket->tag[i] != tag)
			continue;
		struct mx_session *s = &table->file->session[bucket->index[i]];
		if (session_is(s, flow))
			return s;
	}
	return NULL;
}

/* The session of a client's flow, or NULL.  hash: session_hash() of it. */
static inline struct mx_session *
session_find(const struct session_table *table, uint64_t hash,
	     const struct mx_flow4 *flow)
{
	const uint16_t tag = session_tag(hash);
	const uint32_t home = session_home(table, hash);
	const struct session_bucket *bucket = &table->bucket[home];
	struct mx_session *s = session_find_in(table, bucket, tag, flow);

	if (s != NULL || likely(bucket->spilled == 0))
		return s;
	bucket = &table->bucket[session_away(table, home, tag)];
	return session_find_in(table, bucket, tag, flow);
}

static inline uint32_t
session_index(const struct session_table *table, const struct mx_session *s)
{
	return (uint32_t)(s - table->file->session);
}

/* Enter a new session: *filled, with every field set but state and next, and
 * in the given state.  Its flow must not be there yet.
 * Returns the session, or NULL if all are in use or both buckets are full. */
struct mx_session *session_insert(struct session_table *table,
				  const struct mx_session *filled,
				  uint8_t state);

void session_remove(struct session_table *table, struct mx_session *s);

/* Look at the next `steps` sessions in turn, and return the first whose
 * deadline has passed (the caller removes it), or NULL. */
struct mx_session *session_expired(struct session_table *table, uint32_t now_s,
				   uint32_t steps);

/* For a full table: look at the next `steps` sessions, and return one that is
 * half-open or closing, or NULL.  A live session is never given up. */
struct mx_session *session_dispensable(struct session_table *table,
				       uint32_t steps);

#endif /* MX_SESSION_H */
