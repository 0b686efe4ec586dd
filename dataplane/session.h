/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSION_H
#define MX_SESSION_H

/* The session table of one worker: client's end -> session.
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
#include <rte_common.h>
#include <rte_prefetch.h>

#include "hash.h"
#include "plan.h"
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

static inline uint32_t
session_index(const struct session_table *table, const struct mx_session *s)
{
	return (uint32_t)(s - table->file->session);
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

/* Does a session have these ends?  By the client's side: of a segment from the
 * client.  By the server's: of one from the backend that carries the client's
 * own address (nat).  key: struct mx_flow4 or, of IPv6, struct mx_flow. */
typedef bool session_match(const struct session_table *table,
			   const struct mx_session *s, const void *key);

static inline bool
session_client_is4(const struct session_table *table,
		   const struct mx_session *s, const void *key)
{
	const struct mx_flow4 *flow = key;

	(void)table;
	return s->client_be == flow->src_be && s->vip_be == flow->dst_be &&
	       s->client_port_be == flow->src_port_be &&
	       s->vip_port_be == flow->dst_port_be &&
	       !(s->kind & MX_SESSION_CLIENT6);
}

static inline bool
session_server_is4(const struct session_table *table,
		   const struct mx_session *s, const void *key)
{
	const struct mx_flow4 *flow = key;

	(void)table;
	return s->local_be == flow->dst_be && s->server_be == flow->src_be &&
	       s->local_port_be == flow->dst_port_be &&
	       s->server_port_be == flow->src_port_be &&
	       s->kind == MX_FORWARD_NAT;
}

static inline bool
session_client_is6(const struct session_table *table,
		   const struct mx_session *s, const void *key)
{
	const struct mx_flow *flow = key;
	const struct mx_session_wide *wide;

	if (s->client_port_be != flow->src_port_be ||
	    s->vip_port_be != flow->dst_port_be ||
	    !(s->kind & MX_SESSION_CLIENT6))
		return false;
	wide = session_wide(table, s);
	return mx_addr_equal(&wide->client, &flow->src) &&
	       mx_addr_equal(&wide->vip, &flow->dst);
}

static inline bool
session_server_is6(const struct session_table *table,
		   const struct mx_session *s, const void *key)
{
	const struct mx_flow *flow = key;
	const struct mx_session_wide *wide;

	if (s->local_port_be != flow->dst_port_be ||
	    s->server_port_be != flow->src_port_be ||
	    s->kind !=
		    (MX_FORWARD_NAT | MX_SESSION_CLIENT6 | MX_SESSION_SERVER6))
		return false;
	wide = session_wide(table, s);
	return mx_addr_equal(&wide->local, &flow->dst) &&
	       mx_addr_equal(&wide->server, &flow->src);
}

static __rte_always_inline struct mx_session *
session_find_in(const struct session_table *table,
		const struct session_bucket *bucket, uint16_t tag,
		session_match *match, const void *key)
{
	for (uint32_t i = 0; i < SESSION_BUCKET_SLOTS; i++) {
		if (bucket->tag[i] != tag)
			continue;
		struct mx_session *s = &table->file->session[bucket->index[i]];
		if (match(table, s, key))
			return s;
	}
	return NULL;
}

/* The session that matches, or NULL.  hash: of the client's end, under the
 * session key.  match: a constant, so that each is a loop of its own. */
static __rte_always_inline struct mx_session *
session_find(const struct session_table *table, uint64_t hash,
	     session_match *match, const void *key)
{
	const uint16_t tag = session_tag(hash);
	const uint32_t home = session_home(table, hash);
	const struct session_bucket *bucket = &table->bucket[home];
	struct mx_session *s = session_find_in(table, bucket, tag, match, key);

	if (s != NULL || likely(bucket->spilled == 0))
		return s;
	bucket = &table->bucket[session_away(table, home, tag)];
	return session_find_in(table, bucket, tag, match, key);
}

/* All four addresses of a session, whatever their families. */
static inline struct mx_session_wide
session_ends(const struct session_table *table, const struct mx_session *s)
{
	if (s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6))
		return *session_wide(table, s);
	return (struct mx_session_wide){
		.client = mx_addr_from4(s->client_be),
		.vip = mx_addr_from4(s->vip_be),
		.local = mx_addr_from4(s->local_be),
		.server = mx_addr_from4(s->server_be),
	};
}

/* The hash that a session lies under. */
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
