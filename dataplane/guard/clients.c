/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients.h"

#include <assert.h>
#include <string.h>

#include <rte_pause.h>
#include <rte_prefetch.h>

#include "rate.h"

/* The count word. */
#define TAG_SHIFT 32
#define ONE_SESSION ((uint64_t)1 << 8)
#define SESSIONS_MAX 0xffffffu
#define OVERFLOWN ((uint64_t)1 << 1) /* of the first word of a bucket */
#define KNOWN ((uint64_t)1)

/* The buckets that a client's entry may be in, in this order. */
#define CHOICES 6

/* With so many entries free, a client's first bucket gets its entry; with fewer
 * it is the emptier one of the first two.  The others are for when these are
 * full. */
#define ROOMY 3

struct whereabouts {
	uint32_t tag;   /* not 0 */
	uint32_t first; /* bucket: most clients need no other */
	uint64_t key;
};

static uint32_t
bucket_of(const struct clients *clients, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * clients->buckets >> 32);
}

static uint32_t
tag_of(uint64_t key)
{
	const uint32_t tag = (uint32_t)key;

	return tag == 0 ? 1 : tag;
}

static struct whereabouts
whereabouts_of(const struct clients *clients, uint64_t key)
{
	return (struct whereabouts){
		.tag = tag_of(key),
		.first = bucket_of(clients, (uint32_t)(key >> 32)),
		.key = key,
	};
}

/* The next bucket of a client, by a key that goes on from bucket to bucket. */
static uint32_t
next_bucket(const struct clients *clients, uint64_t *key)
{
	*key = mx_hash_fold(*key, 0x9e3779b97f4a7c15u);
	return bucket_of(clients, (uint32_t)(*key >> 32));
}

static uint32_t
sessions_in(uint64_t count)
{
	return (uint32_t)(count >> 8) & SESSIONS_MAX;
}

static uint64_t
load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

/* Relaxed: the words tell nothing about other memory. */
static bool
swap(_Atomic uint64_t *word, uint64_t *from, uint64_t to)
{
	uint64_t expected = *from;

	if (atomic_compare_exchange_strong_explicit(word, &expected, to,
						    memory_order_relaxed,
						    memory_order_relaxed))
		return true;
	*from = expected;
	return false;
}

static uint32_t
place_of(uint32_t bucket, uint32_t i)
{
	return bucket * CLIENTS_BUCKET_ENTRIES + i + 1;
}

static _Atomic uint64_t *
count_at(const struct clients *clients, uint32_t place)
{
	return &clients->bucket[(place - 1) / CLIENTS_BUCKET_ENTRIES]
			.count[(place - 1) % CLIENTS_BUCKET_ENTRIES];
}

static _Atomic uint64_t *
rate_at(const struct clients *clients, uint32_t place)
{
	return &clients->bucket[(place - 1) / CLIENTS_BUCKET_ENTRIES]
			.rate[(place - 1) % CLIENTS_BUCKET_ENTRIES];
}

uint64_t
clients_key(const struct clients *clients, uint8_t service,
	    const struct mx_addr *addr, uint8_t bits)
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	return mx_hash_words(&clients->key,
			     mx_hash_words(&clients->key, half[0], half[1]),
			     (uint64_t)bits << 8 | service);
}

void
clients_prefetch(const struct clients *clients, uint64_t key)
{
	const struct clients_bucket *bucket =
		&clients->bucket[bucket_of(clients, (uint32_t)(key >> 32))];

	rte_prefetch0(bucket->count);
	rte_prefetch0(bucket->rate);
}

static bool
is_overflown(const struct clients *clients, uint32_t bucket)
{
	return load(&clients->bucket[bucket].count[0]) & OVERFLOWN;
}

static uint32_t
find_in(const struct clients *clients, uint32_t bucket, uint32_t tag)
{
	for (uint32_t i = 0; i < CLIENTS_BUCKET_ENTRIES; i++)
		if (load(&clients->bucket[bucket].count[i]) >> TAG_SHIFT == tag)
			return place_of(bucket, i);
	return CLIENTS_NONE;
}

static uint32_t
find(const struct clients *clients, const struct whereabouts *at)
{
	uint32_t bucket = at->first;
	uint64_t key = at->key;

	for (int i = 0; i < CHOICES; i++) {
		const uint32_t place = find_in(clients, bucket, at->tag);

		if (place != CLIENTS_NONE || !is_overflown(clients, bucket))
			return place;
		bucket = next_bucket(clients, &key);
	}
	return CLIENTS_NONE;
}

struct clients_seen
clients_look(const struct clients *clients, uint64_t key, uint32_t now_s)
{
	const struct whereabouts at = whereabouts_of(clients, key);
	const uint32_t place = find(clients, &at);
	struct clients_seen seen = {0};

	if (place == CLIENTS_NONE)
		return seen;
	const uint64_t count = load(count_at(clients, place));
	if (count >> TAG_SHIFT != at.tag)
		return seen; /* the place has just gone to another client */
	seen.sessions = sessions_in(count);
	seen.known = count & KNOWN;
	seen.recent = rate_sum(
		rate_now(load(rate_at(clients, place)), at.tag, now_s), now_s);
	return seen;
}

/* Add a session to the entry of a client, if the place still is its. */
enum addition { ADDED, ADD_OVER, ADD_ELSEWHERE };

static enum addition
add_at(const struct clients *clients, uint32_t place, uint32_t tag,
       uint32_t most)
{
	_Atomic uint64_t *word = count_at(clients, place);
	uint64_t count = load(word);

	do {
		if (count >> TAG_SHIFT != tag)
			return ADD_ELSEWHERE;
		if ((most != 0 && sessions_in(count) >= most) ||
		    sessions_in(count) == SESSIONS_MAX)
			return ADD_OVER;
	} while (!swap(word, &count, count + ONE_SESSION));
	return ADDED;
}

static enum clients_verdict
verdict_of(enum addition added, uint32_t *place)
{
	if (added == ADDED)
		return CLIENTS_COUNTED;
	*place = CLIENTS_NONE;
	return CLIENTS_OVER;
}

/* How gladly an entry is given to another client; 0: it has sessions. */
static uint32_t
worth_of(uint64_t count)
{
	if (count >> TAG_SHIFT == 0)
		return 3;
	if (sessions_in(count) > 0)
		return 0;
	return count & KNOWN ? 1 : 2;
}

/* The room of a bucket for another client. */
struct room {
	uint32_t free;  /* entries without sessions */
	uint32_t place; /* the best of them, or CLIENTS_NONE */
	uint64_t count; /* its count word */
};

/* Among entries that are equally good, the one whose client began a session
 * the longest ago is the best. */
static struct room
room_in(const struct clients *clients, uint32_t bucket)
{
	struct room room = {.place = CLIENTS_NONE};
	uint32_t best_worth = 0, best_window = 0;

	for (uint32_t i = 0; i < CLIENTS_BUCKET_ENTRIES; i++) {
		const uint32_t place = place_of(bucket, i);
		const uint64_t count = load(count_at(clients, place));
		const uint32_t worth = worth_of(count);
		const uint32_t window =
			rate_window(load(rate_at(clients, place)));

		room.free += worth > 0;
		if (worth == 0 || worth < best_worth ||
		    (worth == best_worth && window >= best_window))
			continue;
		room.place = place;
		room.count = count;
		best_worth = worth;
		best_window = window;
	}
	return room;
}

/* Choose a bucket for another client; *choice is its number among the
 * client's buckets. */
static struct room
find_room(const struct clients *clients, const struct whereabouts *at,
	  int *choice)
{
	struct room room = room_in(clients, at->first);
	uint64_t key = at->key;

	*choice = 0;
	if (room.free >= ROOMY)
		return room;
	const struct room other = room_in(clients, next_bucket(clients, &key));
	if (other.free > room.free) {
		room = other;
		*choice = 1;
	}
	for (int i = 2; room.place == CLIENTS_NONE && i < CHOICES; i++) {
		room = room_in(clients, next_bucket(clients, &key));
		*choice = i;
	}
	return room;
}

/* Whoever looks for the client must go on to bucket number `choice` of it. */
static void
mark_overflown(const struct clients *clients, const struct whereabouts *at,
	       int choice)
{
	uint32_t bucket = at->first;
	uint64_t key = at->key;

	for (int i = 0; i < choice; i++) {
		atomic_fetch_or_explicit(&clients->bucket[bucket].count[0],
					 OVERFLOWN, memory_order_relaxed);
		bucket = next_bucket(clients, &key);
	}
}

/* Make the entry of a client, with one session.  The caller has its lock. */
static uint32_t
insert(struct clients *clients, const struct whereabouts *at)
{
	for (;;) {
		int choice;
		struct room room = find_room(clients, at, &choice);

		if (room.place == CLIENTS_NONE)
			return CLIENTS_NONE;
		mark_overflown(clients, at, choice);
		room.count = load(count_at(clients, room.place));
		if (worth_of(room.count) > 0 &&
		    swap(count_at(clients, room.place), &room.count,
			 (uint64_t)at->tag << TAG_SHIFT | ONE_SESSION |
				 (room.count & OVERFLOWN)))
			return room.place;
	}
}

/* The client was not found without the lock. */
static enum clients_verdict
add_under_lock(struct clients *clients, const struct whereabouts *at,
	       uint32_t most, uint32_t *place)
{
	for (;;) {
		*place = find(clients, at);
		if (*place == CLIENTS_NONE) {
			*place = insert(clients, at);
			return *place == CLIENTS_NONE ? CLIENTS_FULL
						      : CLIENTS_COUNTED;
		}
		const enum addition added =
			add_at(clients, *place, at->tag, most);
		if (added != ADD_ELSEWHERE)
			return verdict_of(added, place);
	}
}

enum clients_verdict
clients_add(struct clients *clients, uint64_t key, uint32_t most,
	    uint32_t *place)
{
	const struct whereabouts at = whereabouts_of(clients, key);

	*place = find(clients, &at);
	if (*place != CLIENTS_NONE) {
		const enum addition added =
			add_at(clients, *place, at.tag, most);
		if (added != ADD_ELSEWHERE)
			return verdict_of(added, place);
	}
	atomic_flag *taken = &clients->lock[at.first % CLIENTS_LOCKS].taken;
	while (atomic_flag_test_and_set_explicit(taken, memory_order_acquire))
		rte_pause();
	const enum clients_verdict verdict =
		add_under_lock(clients, &at, most, place);
	atomic_flag_clear_explicit(taken, memory_order_release);
	return verdict;
}

void
clients_remove(struct clients *clients, uint32_t place)
{
	const uint64_t before = atomic_fetch_sub_explicit(
		count_at(clients, place), ONE_SESSION, memory_order_relaxed);

	assert(sessions_in(before) > 0);
	(void)before;
}

void
clients_know(struct clients *clients, uint32_t place)
{
	atomic_fetch_or_explicit(count_at(clients, place), KNOWN,
				 memory_order_relaxed);
}

bool
clients_begin(struct clients *clients, uint32_t place, uint64_t key,
	      uint32_t most, uint32_t now_s)
{
	_Atomic uint64_t *word = rate_at(clients, place);
	uint64_t rate = load(word), next;

	do {
		next = rate_now(rate, tag_of(key), now_s);
		if (most != 0 && rate_sum(next, now_s) >= most)
			return false;
		next = rate_more(next);
	} while (!swap(word, &rate, next));
	return true;
}

void
clients_unbegin(struct clients *clients, uint32_t place, uint64_t key,
		uint32_t now_s)
{
	_Atomic uint64_t *word = rate_at(clients, place);
	uint64_t rate = load(word), next;

	do {
		next = rate_less(rate_now(rate, tag_of(key), now_s));
	} while (!swap(word, &rate, next));
}

bool
clients_is_at(const struct clients *clients, uint32_t place, uint64_t key)
{
	return load(count_at(clients, place)) >> TAG_SHIFT == tag_of(key);
}
