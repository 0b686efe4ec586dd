/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Aim at buckets that are half to three quarters full. */
#define SESSIONS_PER_BUCKET 6

static uint8_t
session_state(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static uint32_t
bucket_count(uint32_t sessions)
{
	uint32_t buckets = 1;

	while (buckets < sessions / SESSIONS_PER_BUCKET + 1)
		buckets *= 2;
	return buckets;
}

size_t
session_table_buckets_bytes(uint32_t count)
{
	return bucket_count(count) * sizeof(struct session_bucket);
}

/* Anonymous memory: zero, and touched now rather than by a packet. */
static int
buckets_map(struct session_table *table)
{
	const size_t bytes = session_table_buckets_bytes(table->count);

	table->bucket_mask = bucket_count(table->count) - 1;
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* A hint: without huge pages every look-up pays a TLB miss. */
	madvise(at, bytes, MADV_HUGEPAGE);
	memset(at, 0, bytes);
	table->bucket = at;
	return 0;
}

static void
free_list_put(struct session_table *table, uint32_t index)
{
	struct mx_session *session = table->file->session;

	session[index].next = SESSION_NONE;
	if (table->free_head == SESSION_NONE)
		table->free_head = index;
	else
		session[table->free_tail].next = index;
	table->free_tail = index;
}

/* Put a reference into a free slot of the bucket.  False if it is full. */
static bool
bucket_put(struct session_bucket *bucket, uint16_t tag, uint32_t ref)
{
	for (uint32_t i = 0; i < SESSION_BUCKET_SLOTS; i++) {
		if (bucket->tag[i] != 0)
			continue;
		bucket->ref[i] = ref;
		bucket->tag[i] = tag;
		return true;
	}
	return false;
}

static bool
bucket_take(struct session_bucket *bucket, uint16_t tag, uint32_t ref)
{
	for (uint32_t i = 0; i < SESSION_BUCKET_SLOTS; i++) {
		if (bucket->tag[i] != tag || bucket->ref[i] != ref)
			continue;
		bucket->tag[i] = 0;
		return true;
	}
	return false;
}

/* Make room in a full bucket: move one of its sessions to that one's other
 * bucket.  At three quarters full, one insert in a hundred comes here. */
static bool
bucket_make_room(struct session_table *table, uint32_t at)
{
	struct session_bucket *bucket = &table->bucket[at];

	for (uint32_t i = 0; i < SESSION_BUCKET_SLOTS; i++) {
		const uint16_t tag = bucket->tag[i];
		const uint32_t ref = bucket->ref[i];
		const uint32_t other = session_secondary(table, at, tag);

		if (!bucket_put(&table->bucket[other], tag, ref))
			continue;
		bucket->tag[i] = 0;
		/* The hash tells which of the two buckets is the first one. */
		const uint32_t primary = session_primary(
			table, session_hash(table, session_at(table, ref)));
		if (primary == at)
			table->bucket[at].overflow++;
		else
			table->bucket[other].overflow--;
		return true;
	}
	return false;
}

/* Link a session into one of its two buckets.  False if both are full, and so
 * are the other buckets of all that is in them. */
static bool
session_link(struct session_table *table, uint64_t hash, uint32_t ref)
{
	const uint16_t tag = session_tag(hash);
	const uint32_t primary = session_primary(table, hash);
	const uint32_t secondary = session_secondary(table, primary, tag);

	if (bucket_put(&table->bucket[primary], tag, ref))
		return true;
	if (!bucket_put(&table->bucket[secondary], tag, ref)) {
		if (bucket_make_room(table, primary))
			return bucket_put(&table->bucket[primary], tag, ref);
		if (!bucket_make_room(table, secondary))
			return false;
		bucket_put(&table->bucket[secondary], tag, ref);
	}
	table->bucket[primary].overflow++;
	return true;
}

static void
session_unlink(struct session_table *table, const struct mx_session *s)
{
	const uint64_t hash = session_hash(table, s);
	const uint16_t tag = session_tag(hash);
	const uint32_t primary = session_primary(table, hash);
	const uint32_t ref = session_ref(session_index(table, s), s->kind);

	if (bucket_take(&table->bucket[primary], tag, ref))
		return;
	const bool found = bucket_take(
		&table->bucket[session_secondary(table, primary, tag)], tag,
		ref);
	assert(found);
	(void)found;
	table->bucket[primary].overflow--;
}

/* Write the digests of IPv6 ends to the first line. */
static void
digest(const struct session_table *table, struct mx_session *s)
{
	const struct mx_hash_key *key = &table->file->key;
	const struct mx_session_wide *wide = session_wide(table, s);

	if (s->kind & MX_SESSION_CLIENT6) {
		s->client_be = mx_hash_digest(key, &wide->client);
		s->vip_be = mx_hash_digest(key, &wide->vip);
	}
	if (s->kind & MX_SESSION_SERVER6) {
		s->server_be = mx_hash_digest(key, &wide->server);
		s->local_be = mx_hash_digest(key, &wide->local);
	}
}

/* Another session of the same flow, or NULL. */
static struct mx_session *
session_double(const struct session_table *table, const struct mx_session *s,
	       uint64_t hash)
{
	if (s->kind & MX_SESSION_CLIENT6) {
		const struct mx_session_wide *wide = session_wide(table, s);
		const struct mx_flow flow = {wide->client, wide->vip,
					     s->client_port_be, s->vip_port_be};

		return session_find(table, hash, session_client_is6, &flow);
	}
	const struct mx_flow4 flow = {s->client_be, s->vip_be,
				      s->client_port_be, s->vip_port_be};
	return session_find(table, hash, session_client_is4, &flow);
}

/* Is a session read from a file fit to be linked: known state, room for its
 * addresses, and no other session of the same flow before it? */
static bool
session_recover(struct session_table *table, struct mx_session *s,
		uint32_t index)
{
	const uint8_t six = MX_SESSION_CLIENT6 | MX_SESSION_SERVER6;

	if (session_state(s) >= MX_SESSION_STATES ||
	    (s->kind & six && !table->file->wide))
		return false;
	digest(table, s);
	const uint64_t hash = session_hash(table, s);
	if (session_double(table, s, hash) != NULL)
		return false;
	return session_link(table, hash, session_ref(index, s->kind));
}

int
session_table_attach(struct session_table *table, struct mx_sessions_file *file,
		     bool (*keep)(void *arg, struct mx_session *s,
				  uint32_t index),
		     void *arg)
{
	*table = (struct session_table){
		.file = file,
		.count = file->count,
		.free_head = SESSION_NONE,
		.free_tail = SESSION_NONE,
	};
	if (buckets_map(table) != 0)
		return -ENOMEM;

	for (uint32_t i = 0; i < table->count; i++) {
		struct mx_session *s = &file->session[i];

		if (session_state(s) != MX_SESSION_FREE &&
		    session_recover(table, s, i)) {
			if (keep(arg, s, i)) {
				table->used++;
				continue;
			}
			session_unlink(table, s);
		}
		atomic_store_explicit(&s->state, MX_SESSION_FREE,
				      memory_order_relaxed);
		free_list_put(table, i);
	}
	return 0;
}

void
session_table_detach(struct session_table *table)
{
	munmap(table->bucket, session_table_buckets_bytes(table->count));
	table->bucket = NULL;
}

struct mx_session *
session_insert(struct session_table *table, const struct mx_session *filled,
	       const struct mx_session_wide *wide, uint8_t state)
{
	const uint32_t index = table->free_head;

	if (index == SESSION_NONE)
		return NULL;
	struct mx_session *s = &table->file->session[index];
	const uint32_t next = s->next;
	if (wide != NULL)
		*session_wide(table, s) = *wide;
	*s = *filled;
	digest(table, s);
	if (!session_link(table, session_hash(table, s),
			  session_ref(index, s->kind))) {
		s->next = next;
		return NULL;
	}
	table->free_head = next;
	/* For the next one. */
	if (likely(next != SESSION_NONE))
		rte_prefetch0(&table->file->session[next]);
	table->used++;
	/* This comes last: a process killed before it leaves the entry free. */
	atomic_store_explicit(&s->state, state, memory_order_release);
	return s;
}

void
session_set_server(struct session_table *table, struct mx_session *s,
		   const struct mx_endpoint *server)
{
	if (s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6))
		session_wide(table, s)->server = server->addr;
	if (!(s->kind & MX_SESSION_SERVER6))
		s->server_be = mx_addr_to4(&server->addr);
	s->server_port_be = server->port_be;
	digest(table, s);
}

void
session_set_local(struct session_table *table, struct mx_session *s,
		  const struct mx_endpoint *local)
{
	if (s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6))
		session_wide(table, s)->local = local->addr;
	if (!(s->kind & MX_SESSION_SERVER6))
		s->local_be = mx_addr_to4(&local->addr);
	s->local_port_be = local->port_be;
	digest(table, s);
}

void
session_remove(struct session_table *table, struct mx_session *s)
{
	/* This comes first: a process killed after it leaves no part of the
	 * session. */
	atomic_store_explicit(&s->state, MX_SESSION_FREE, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	session_unlink(table, s);
	free_list_put(table, session_index(table, s));
	table->used--;
}

/* Prefetch what the scan will look at some polls later.  The scan reads it
 * once, so the prefetch is non-temporal: it must not displace what packets use.
 */
#define SCAN_AHEAD 8

static struct mx_session *
scan_next(struct session_table *table)
{
	struct mx_session *s = &table->file->session[table->scan];

	rte_prefetch_non_temporal(s + SCAN_AHEAD);
	if (++table->scan == table->count)
		table->scan = 0;
	return s;
}

struct mx_session *
session_expired(struct session_table *table, uint32_t now_s, uint32_t *steps)
{
	while (*steps > 0) {
		struct mx_session *s = scan_next(table);

		--*steps;
		if (session_state(s) != MX_SESSION_FREE &&
		    s->deadline_s <= now_s)
			return s;
	}
	return NULL;
}
