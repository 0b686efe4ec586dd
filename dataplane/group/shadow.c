/* SPDX-License-Identifier: BSD-3-Clause */
#include "shadow.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A bucket of the index is a cache line of references: the number of an entry
 * plus one, and 8 bits of the hash, so that a look-up in vain seldom looks at an
 * entry.  0: none.  What does not fit goes to the next buckets. */
#define BUCKET_SLOTS 16
#define BUCKETS_TRIED 4

/* Aim at buckets that are half full: each entry has two references. */
#define REFS_PER_BUCKET 8

/* What a copy is tried for, while its entry is being written. */
#define COPY_TRIES 4

#define REF_BITS 24
static_assert(MX_SESSIONS_MAX < 1u << REF_BITS, "a reference has 24 bits");

struct bucket {
	alignas(64) _Atomic uint32_t ref[BUCKET_SLOTS];
};

/* Where the parts of a file begin. */
struct parts {
	size_t versions;
	size_t sessions;
	size_t wides;
	size_t end;
};

static size_t
round_up(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

static uint32_t
buckets_of(uint32_t count)
{
	uint32_t buckets = BUCKETS_TRIED;

	while (buckets < 2 * (count / REFS_PER_BUCKET + 1))
		buckets *= 2;
	return buckets;
}

static struct parts
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

void
mx_shadow_name(char name[static MX_SHADOW_NAME_MAX], uint8_t box)
{
	snprintf(name, MX_SHADOW_NAME_MAX, "shadow.%u", box);
}

size_t
mx_shadow_size(uint32_t count, bool wide)
{
	return parts_of(count, buckets_of(count), wide).end;
}

int
mx_shadow_attach(struct mx_shadow_map *map, const void *file, size_t size_bytes)
{
	const struct mx_shadow *shadow = file;

	if (size_bytes < sizeof(*shadow) || shadow->magic != MX_SHADOW_MAGIC ||
	    shadow->layout != MX_SHADOW_LAYOUT)
		return -EPROTO;
	*map = (struct mx_shadow_map){
		.file = shadow,
		.size_bytes = size_bytes,
		.count = shadow->count,
		.buckets = shadow->buckets,
		.wide = shadow->wide != 0,
		.box = shadow->box,
		.workers = shadow->workers,
	};
	return map->count > 0 && map->count <= MX_SESSIONS_MAX &&
			       map->buckets == buckets_of(map->count) &&
			       map->box > 0 && map->box <= MX_BOXES_MAX &&
			       mx_shadow_size(map->count, map->wide) <=
				       size_bytes
		       ? 0
		       : -EPROTO;
}

enum mx_shadow_state
mx_shadow_state_of(const struct mx_shadow_map *map)
{
	const uint32_t state =
		atomic_load_explicit(&map->file->state, memory_order_acquire);

	return state < MX_SHADOW_STATES ? (enum mx_shadow_state)state
					: MX_SHADOW_EMPTY;
}

/* The parts of a mapped file, by the sizes that were checked. */
static const void *
part(const struct mx_shadow_map *map, size_t begin, uint32_t at, size_t size)
{
	return (const uint8_t *)map->file + begin + (size_t)at * size;
}

bool
mx_shadow_at(const struct mx_shadow_map *map, uint32_t slot,
	     struct mx_shadow_entry *entry)
{
	if (slot >= map->count)
		return false;
	const struct parts parts =
		parts_of(map->count, map->buckets, map->wide);
	const _Atomic uint32_t *version =
		part(map, parts.versions, slot, sizeof(uint32_t));
	const struct mx_session *session =
		part(map, parts.sessions, slot, sizeof(*session));

	for (int i = 0; i < COPY_TRIES; i++) {
		const uint32_t before =
			atomic_load_explicit(version, memory_order_acquire);
		if (before & 1)
			continue;
		memcpy(&entry->session, session, sizeof(*session));
		if (map->wide)
			memcpy(&entry->ends,
			       part(map, parts.wides, slot,
				    sizeof(entry->ends)),
			       sizeof(entry->ends));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(version, memory_order_relaxed) !=
		    before)
			continue;
		entry->ends = mx_session_ends(&entry->session,
					      map->wide ? &entry->ends : NULL);
		return atomic_load_explicit(&entry->session.state,
					    memory_order_relaxed) !=
		       MX_SESSION_FREE;
	}
	return false;
}

static bool
is_of_client(const struct mx_shadow_entry *entry, const struct mx_flow *flow)
{
	return mx_addr_equal(&entry->ends.client, &flow->src) &&
	       mx_addr_equal(&entry->ends.vip, &flow->dst) &&
	       entry->session.client_port_be == flow->src_port_be &&
	       entry->session.vip_port_be == flow->dst_port_be;
}

static bool
is_of_local(const struct mx_shadow_entry *entry, const struct mx_flow *flow)
{
	return mx_addr_equal(&entry->ends.server, &flow->src) &&
	       mx_addr_equal(&entry->ends.local, &flow->dst) &&
	       entry->session.server_port_be == flow->src_port_be &&
	       entry->session.local_port_be == flow->dst_port_be;
}

static uint32_t
ref_of(uint64_t hash, uint32_t slot)
{
	return (uint32_t)(hash >> 56) << REF_BITS | (slot + 1);
}

/* Look in the buckets of a hash for the entry that fits the flow. */
static bool
find(const struct mx_shadow_map *map, uint64_t hash, const struct mx_flow *flow,
     bool (*fits)(const struct mx_shadow_entry *, const struct mx_flow *),
     struct mx_shadow_entry *entry)
{
	for (uint32_t i = 0; i < BUCKETS_TRIED; i++) {
		const struct bucket *bucket =
			part(map, sizeof(struct mx_shadow),
			     (uint32_t)(hash + i) & (map->buckets - 1),
			     sizeof(*bucket));

		for (uint32_t n = 0; n < BUCKET_SLOTS; n++) {
			const uint32_t ref = atomic_load_explicit(
				&bucket->ref[n], memory_order_acquire);
			const uint32_t slot =
				(ref & ((1u << REF_BITS) - 1)) - 1;
			if (ref >> REF_BITS == hash >> 56 &&
			    mx_shadow_at(map, slot, entry) && fits(entry, flow))
				return true;
		}
	}
	return false;
}

bool
mx_shadow_find_client(const struct mx_shadow_map *map,
		      const struct mx_hash_key *key, const struct mx_flow *flow,
		      struct mx_shadow_entry *entry)
{
	return find(map, mx_hash_client(key, &flow->src, flow->src_port_be),
		    flow, is_of_client, entry);
}

bool
mx_shadow_find_local(const struct mx_shadow_map *map,
		     const struct mx_hash_key *key, const struct mx_flow *flow,
		     struct mx_shadow_entry *entry)
{
	return find(map, mx_hash_client(key, &flow->dst, flow->dst_port_be),
		    flow, is_of_local, entry);
}

void
mx_shadow_make(struct mx_shadow *file, uint8_t box, uint16_t workers,
	       uint32_t count, bool wide)
{
	*file = (struct mx_shadow){
		.layout = MX_SHADOW_LAYOUT,
		.count = count,
		.buckets = buckets_of(count),
		.workers = workers,
		.wide = wide,
		.box = box,
	};
	atomic_signal_fence(memory_order_seq_cst);
	file->magic = MX_SHADOW_MAGIC;
}

/* The parts that the writer changes. */
static void *
own_part(struct mx_shadow *file, size_t begin, uint32_t at, size_t size)
{
	return (uint8_t *)file + begin + (size_t)at * size;
}

static struct parts
own_parts(const struct mx_shadow *file)
{
	return parts_of(file->count, file->buckets, file->wide);
}

/* Put the reference of a slot into the buckets of a hash, or take it out.
 * Returns false if there is no room for it, or if it is not there. */
static bool
refer(struct mx_shadow *file, uint64_t hash, uint32_t slot, bool enter)
{
	const uint32_t was = enter ? 0 : ref_of(hash, slot);
	const uint32_t is = enter ? ref_of(hash, slot) : 0;

	for (uint32_t i = 0; i < BUCKETS_TRIED; i++) {
		struct bucket *bucket =
			own_part(file, sizeof(struct mx_shadow),
				 (uint32_t)(hash + i) & (file->buckets - 1),
				 sizeof(*bucket));

		for (uint32_t n = 0; n < BUCKET_SLOTS; n++) {
			if (atomic_load_explicit(&bucket->ref[n],
						 memory_order_relaxed) != was)
				continue;
			atomic_store_explicit(&bucket->ref[n], is,
					      memory_order_release);
			return true;
		}
	}
	return false;
}

static bool
has_local(const struct mx_session *s)
{
	return (s->kind & MX_SESSION_MODE) == 0; /* MX_FORWARD_FULLNAT */
}

/* Enter an entry into the index by both of its ends, or take it out. */
static void
index_entry(struct mx_shadow *file, const struct mx_hash_key *key,
	    uint32_t slot, const struct mx_session *s,
	    const struct mx_session_wide *ends, bool enter)
{
	const uint64_t client =
		mx_hash_client(key, &ends->client, s->client_port_be);
	const uint64_t local =
		mx_hash_client(key, &ends->local, s->local_port_be);

	const bool placed = refer(file, client, slot, enter) &
			    (!has_local(s) || refer(file, local, slot, enter));
	if (enter && !placed)
		atomic_fetch_add_explicit(&file->unplaced, 1,
					  memory_order_relaxed);
}

/* Write an entry between two numbers of its version. */
static void
write_entry(struct mx_shadow *file, uint32_t slot, const struct mx_session *s,
	    const struct mx_session_wide *ends)
{
	const struct parts parts = own_parts(file);
	_Atomic uint32_t *version =
		own_part(file, parts.versions, slot, sizeof(uint32_t));
	const uint32_t before =
		atomic_load_explicit(version, memory_order_relaxed) & ~1u;

	atomic_store_explicit(version, before | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	memcpy(own_part(file, parts.sessions, slot, sizeof(*s)), s, sizeof(*s));
	if (file->wide)
		memcpy(own_part(file, parts.wides, slot, sizeof(*ends)), ends,
		       sizeof(*ends));
	atomic_store_explicit(version, before + 2, memory_order_release);
}

static void
count_used(struct mx_shadow *file, uint32_t change)
{
	const uint32_t used =
		atomic_load_explicit(&file->used, memory_order_relaxed);

	atomic_store_explicit(&file->used, used + change, memory_order_relaxed);
}

void
mx_shadow_drop(struct mx_shadow *file, const struct mx_hash_key *key,
	       uint32_t slot)
{
	static const struct mx_session none;
	static const struct mx_session_wide nowhere;
	const struct parts parts = own_parts(file);
	const struct mx_session *s =
		own_part(file, parts.sessions, slot, sizeof(*s));

	if (atomic_load_explicit(&s->state, memory_order_relaxed) ==
	    MX_SESSION_FREE)
		return;
	const struct mx_session_wide ends = mx_session_ends(
		s, file->wide ? own_part(file, parts.wides, slot, sizeof(ends))
			      : NULL);
	index_entry(file, key, slot, s, &ends, false);
	write_entry(file, slot, &none, &nowhere);
	count_used(file, (uint32_t)-1);
}

/* Is the entry of this slot one of the same ends? */
static bool
has_ends(struct mx_shadow *file, uint32_t slot, const struct mx_session *s,
	 const struct mx_session_wide *ends)
{
	const struct parts parts = own_parts(file);
	const struct mx_session *had =
		own_part(file, parts.sessions, slot, sizeof(*had));

	if (atomic_load_explicit(&had->state, memory_order_relaxed) ==
	    MX_SESSION_FREE)
		return false;
	const struct mx_session_wide were =
		mx_session_ends(had, file->wide ? own_part(file, parts.wides,
							   slot, sizeof(were))
						: NULL);
	return memcmp(&were, ends, sizeof(were)) == 0 && had->kind == s->kind &&
	       had->client_port_be == s->client_port_be &&
	       had->vip_port_be == s->vip_port_be &&
	       had->local_port_be == s->local_port_be;
}

void
mx_shadow_put(struct mx_shadow *file, const struct mx_hash_key *key,
	      uint32_t slot, const struct mx_session *session,
	      const struct mx_session_wide *ends)
{
	const bool same = has_ends(file, slot, session, ends);

	if (!same)
		mx_shadow_drop(file, key, slot);
	write_entry(file, slot, session, ends);
	if (same)
		return;
	index_entry(file, key, slot, session, ends, true);
	count_used(file, 1);
}
