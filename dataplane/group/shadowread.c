/* SPDX-License-Identifier: BSD-3-Clause */
/* The readers' part of shadow.h, and its names and sizes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shadowparts.h"

/* What a copy is tried for, while its entry is being written. */
#define COPY_TRIES 4

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

enum copied {
	COPY_NONE, /* no entry */
	COPY_TORN, /* it is being written */
	COPY_DONE,
};

static enum copied
copy_entry(const struct mx_shadow_map *map, uint32_t slot,
	   struct mx_shadow_entry *entry)
{
	if (slot >= map->count)
		return COPY_NONE;
	entry->slot = slot;
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
				       MX_SESSION_FREE
			       ? COPY_DONE
			       : COPY_NONE;
	}
	return COPY_TORN;
}

bool
mx_shadow_at(const struct mx_shadow_map *map, uint32_t slot,
	     struct mx_shadow_entry *entry)
{
	return copy_entry(map, slot, entry) == COPY_DONE;
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

static const struct bucket *
bucket_of(const struct mx_shadow_map *map, uint64_t hash, uint32_t tried)
{
	return part(map, sizeof(struct mx_shadow),
		    (uint32_t)(hash + tried) & (map->buckets - 1),
		    sizeof(struct bucket));
}

void
mx_shadow_prefetch(const struct mx_shadow_map *map, uint64_t hash)
{
	__builtin_prefetch(bucket_of(map, hash, 0));
}

/* Look in the buckets of a hash for the entry that fits the flow.  Returns
 * COPY_TORN if there is none, and one that is being written may be it. */
static enum copied
find(const struct mx_shadow_map *map, uint64_t hash, const struct mx_flow *flow,
     bool (*fits)(const struct mx_shadow_entry *, const struct mx_flow *),
     struct mx_shadow_entry *entry)
{
	enum copied found = COPY_NONE;

	for (uint32_t i = 0; i < BUCKETS_TRIED; i++) {
		const struct bucket *bucket = bucket_of(map, hash, i);

		for (uint32_t n = 0; n < BUCKET_SLOTS; n++) {
			const uint32_t ref = atomic_load_explicit(
				&bucket->ref[n], memory_order_acquire);
			const uint32_t slot =
				(ref & ((1u << REF_BITS) - 1)) - 1;

			if (ref >> REF_BITS != hash >> 56)
				continue;
			const enum copied copied = copy_entry(map, slot, entry);
			if (copied == COPY_DONE && fits(entry, flow))
				return COPY_DONE;
			if (copied == COPY_TORN)
				found = COPY_TORN;
		}
		if (atomic_load_explicit(&bucket->passed,
					 memory_order_acquire) == 0)
			return found;
	}
	return found;
}

static enum copied
find_client(const struct mx_shadow_map *map, const struct mx_hash_key *key,
	    const struct mx_flow *flow, struct mx_shadow_entry *entry)
{
	return find(map, mx_hash_client(key, &flow->src, flow->src_port_be),
		    flow, is_of_client, entry);
}

bool
mx_shadow_find_client(const struct mx_shadow_map *map,
		      const struct mx_hash_key *key, const struct mx_flow *flow,
		      struct mx_shadow_entry *entry)
{
	return find_client(map, key, flow, entry) == COPY_DONE;
}

bool
mx_shadow_find_local(const struct mx_shadow_map *map,
		     const struct mx_hash_key *key, const struct mx_flow *flow,
		     struct mx_shadow_entry *entry)
{
	return find(map, mx_hash_client(key, &flow->dst, flow->dst_port_be),
		    flow, is_of_local, entry) == COPY_DONE;
}

bool
mx_shadow_may_have(const struct mx_shadow_map *map,
		   const struct mx_hash_key *key, const struct mx_flow *flow,
		   const struct mx_addr *local, uint16_t local_port_be)
{
	struct mx_shadow_entry entry;
	const enum copied found = find_client(map, key, flow, &entry);

	return found == COPY_TORN ||
	       (found == COPY_DONE &&
		entry.session.local_port_be == local_port_be &&
		mx_addr_equal(&entry.ends.local, local));
}
