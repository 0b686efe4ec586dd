/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer's part of shadow.h. */
#include <string.h>

#include "shadowparts.h"

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

static struct bucket *
own_bucket(struct mx_shadow *file, uint64_t hash, uint32_t tried)
{
	return own_part(file, sizeof(struct mx_shadow),
			(uint32_t)(hash + tried) & (file->buckets - 1),
			sizeof(struct bucket));
}

static void
count(_Atomic uint32_t *number, uint32_t change)
{
	atomic_store_explicit(
		number,
		atomic_load_explicit(number, memory_order_relaxed) + change,
		memory_order_release);
}

/* Count in the buckets before one that a reference has passed them, or does so no
 * more. */
static void
pass(struct mx_shadow *file, uint64_t hash, uint32_t tried, bool enter)
{
	for (uint32_t i = 0; i < tried; i++)
		count(&own_bucket(file, hash, i)->passed,
		      enter ? 1 : (uint32_t)-1);
}

/* Put the reference of a slot into the buckets of a hash, or take it out.
 * Returns false if there is no room for it, or if it is not there. */
static bool
refer(struct mx_shadow *file, uint64_t hash, uint32_t slot, bool enter)
{
	const uint32_t was = enter ? 0 : ref_of(hash, slot);
	const uint32_t is = enter ? ref_of(hash, slot) : 0;

	for (uint32_t i = 0; i < BUCKETS_TRIED; i++) {
		struct bucket *bucket = own_bucket(file, hash, i);

		for (uint32_t n = 0; n < BUCKET_SLOTS; n++) {
			if (atomic_load_explicit(&bucket->ref[n],
						 memory_order_relaxed) != was)
				continue;
			/* First, so that a reader comes to the reference. */
			pass(file, hash, i, enter);
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

	bool placed = refer(file, client, slot, enter);
	if (has_local(s) && !refer(file, local, slot, enter))
		placed = false;
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
	count(&file->used, (uint32_t)-1);
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
	count(&file->used, 1);
}
