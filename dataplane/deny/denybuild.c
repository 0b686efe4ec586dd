/* SPDX-License-Identifier: BSD-3-Clause */
#include "denybuild.h"

#include <stdlib.h>
#include <string.h>

#include "densebuild.h"
#include "denysort.h"

/* Bits of the filter for each prefix: of the addresses that are not listed one
 * in 70 has both of its bits set by others. */
#define FILTER_BITS 16u
/* At most three in four places of the buckets are used. */
#define BUCKET_FILL 6u

/* The longest chain of prefixes, each of which is in the one before. */
#define DEPTH_MAX 130

static bool
covers(const struct mx_deny_entry *wide, const struct mx_deny_entry *narrow)
{
	const struct mx_deny_key outer = {.high = wide->high, .low = wide->low};
	const struct mx_deny_key inner = {.high = narrow->high,
					  .low = narrow->low};

	return narrow->bits >= wide->bits &&
	       mx_deny_covers(&outer, wide->bits, &inner);
}

static bool
is_same_prefix(const struct mx_deny_entry *a, const struct mx_deny_entry *b)
{
	return a->high == b->high && a->low == b->low && a->bits == b->bits;
}

/* Prefixes around the present one, each inside the one before. */
struct chain {
	uint32_t depth;
	struct link {
		struct mx_deny_entry entry;
		enum mx_deny_verdict verdict; /* on what it covers */
	} link[DEPTH_MAX];
};

/* Give up the prefixes that are not around this one. */
static void
chain_cut(struct chain *chain, const struct mx_deny_entry *entry)
{
	while (chain->depth > 0 &&
	       !covers(&chain->link[chain->depth - 1].entry, entry))
		chain->depth--;
}

/* The verdict around the present prefix.  No rule at all is not the same as a
 * rule that exempts. */
static enum mx_deny_verdict
chain_verdict(const struct chain *chain, enum mx_deny_mode mode)
{
	if (chain->depth > 0)
		return chain->link[chain->depth - 1].verdict;
	return mode == MX_DENY_BY_FILES ? MX_DENY_EXEMPT : MX_DENY_UNLISTED;
}

/* Is the present prefix inside one that a file allows? */
static bool
chain_allows(const struct chain *chain)
{
	return chain->depth > 0 && !chain->link[chain->depth - 1].entry.denied;
}

/* Keep the prefixes that change the verdict, with `denied` as the new verdict.
 * Rules are all kept, since each is counted by itself.
 * The entries are sorted: a prefix comes before those inside it. */
static void
prune(struct mx_deny_entries *entries, enum mx_deny_mode mode)
{
	struct chain chain = {0};
	uint32_t kept = 0;

	for (uint32_t i = 0; i < entries->count; i++) {
		struct mx_deny_entry entry = entries->entry[i];

		if (i + 1 < entries->count &&
		    is_same_prefix(&entry, &entries->entry[i + 1])) {
			if (mode == MX_DENY_BY_FILES)
				entries->entry[i + 1].denied &= entry.denied;
			continue;
		}
		chain_cut(&chain, &entry);
		if (mode == MX_DENY_BY_FILES && chain_allows(&chain))
			entry.denied = false;
		const enum mx_deny_verdict verdict =
			entry.denied ? MX_DENY_DENIED : MX_DENY_EXEMPT;
		const bool changes = verdict != chain_verdict(&chain, mode);
		chain.link[chain.depth++] = (struct link){entry, verdict};
		if (changes || mode == MX_DENY_BY_RULES)
			entries->entry[kept++] = entry;
	}
	entries->count = kept;
}

static uint32_t
log2_up(uint64_t number)
{
	uint32_t log2 = 0;

	while (((uint64_t)1 << log2) < number)
		log2++;
	return log2;
}

/* A table with empty parts of the sizes that *like names. */
static struct mx_deny_table *
make_table(const struct mx_deny_table *like)
{
	const size_t size = mx_deny_size(like);
	struct mx_deny_table *table = aligned_alloc(64, (size + 63) / 64 * 64);

	if (table == NULL)
		return NULL;
	memset(table, 0, size);
	memcpy(table, like, sizeof(*like));
	return table;
}

static uint32_t
filter_log2(uint32_t prefixes)
{
	const uint32_t log2 = log2_up((uint64_t)prefixes * FILTER_BITS / 64);

	return log2 < MX_DENY_FILTER_LOG2_MIN ? MX_DENY_FILTER_LOG2_MIN : log2;
}

/* Enter a prefix without a stem.  The longer ones come later. */
static void
enter_short(struct mx_deny_table *table, const struct mx_deny_key *key,
	    const struct mx_deny_entry *entry)
{
	const bool v4 = key->family == MX_DENY_V4;
	const uint32_t stem = mx_deny_stem_bits(key->family, 0);
	uint8_t *verdict = v4 ? table->short4 : table->short6;

	table->lengths[key->family].shorts = 1;
	memset(verdict + (key->high >> (64 - stem)),
	       entry->denied ? MX_DENY_DENIED : MX_DENY_EXEMPT,
	       (size_t)1 << (stem - entry->bits));
}

static void
enter_length(struct mx_deny_lengths *lengths, uint32_t stem, uint32_t beyond)
{
	lengths->stems |= (uint8_t)(1u << stem);
	if (beyond == 64)
		lengths->hosts6 = 1;
	else
		lengths->beyond[stem] |= (uint64_t)1 << beyond;
}

/* Returns false if the run of full buckets is too long. */
static bool
enter_digest(struct mx_deny_table *table, const struct mx_deny_place *place,
	     bool denied)
{
	uint32_t at = place->bucket;

	for (uint32_t run = 0; run < MX_DENY_RUN_MAX; run++) {
		uint64_t *bucket =
			mx_deny_buckets(table) + (size_t)at * MX_DENY_BUCKET;

		for (uint32_t i = 0; i < MX_DENY_BUCKET; i++) {
			if (bucket[i] != 0)
				continue;
			bucket[i] = place->digest | denied;
			return true;
		}
		at = at + 1 == table->buckets ? 0 : at + 1;
	}
	return false;
}

static void
enter_filter(struct mx_deny_table *table, const struct mx_deny_key *key,
	     uint32_t stem)
{
	const uint64_t hash =
		mx_deny_hash(table, key, mx_deny_stem_bits(key->family, stem));

	table->rest[mx_deny_filter_word(table, hash)] |=
		mx_deny_filter_bits(hash);
}

static bool
enter(struct mx_deny_table *table, enum mx_deny_family family,
      const struct mx_deny_entry *entry)
{
	const struct mx_deny_key key = {entry->high, entry->low, family};
	const uint32_t step = mx_deny_stem_bits(family, 0);

	if (entry->bits < step) {
		enter_short(table, &key, entry);
		return true;
	}
	uint32_t stem = entry->bits / step - 1;
	if (stem >= MX_DENY_STEMS)
		stem = MX_DENY_STEMS - 1;
	const uint32_t bits = mx_deny_stem_bits(family, stem);
	enter_filter(table, &key, stem);
	if (family == MX_DENY_V6 && stem == MX_DENY_STEM_64)
		enter_filter(table, &key, MX_DENY_STEM_48);
	enter_length(&table->lengths[family], stem, entry->bits - bits);
	const struct mx_deny_place place =
		mx_deny_place_of(table, &key, entry->bits);
	return enter_digest(table, &place, entry->denied);
}

static bool
enter_all(struct mx_deny_table *table, const struct mx_deny_list *list)
{
	const uint32_t first = table->dense ? MX_DENY_V6 : MX_DENY_V4;

	for (uint32_t f = first; f < MX_DENY_FAMILIES; f++)
		for (uint32_t i = 0; i < list->of[f].count; i++)
			if (!enter(table, (enum mx_deny_family)f,
				   &list->of[f].entry[i]))
				return false;
	return true;
}

/* Make the table that *like describes, and larger ones while a run of full
 * buckets is too long: that has not been seen. */
static struct mx_deny_table *
fill_table(struct mx_deny_table *like, const struct mx_deny_list *list)
{
	for (; like->buckets <= MX_DENY_BUCKETS_MAX; like->buckets *= 2) {
		struct mx_deny_table *table = make_table(like);

		if (table == NULL || enter_all(table, list))
			return table;
		free(table);
	}
	return NULL;
}

static void
describe(struct mx_deny_table *like, const struct mx_deny_list *list)
{
	const uint32_t prefixes =
		list->of[MX_DENY_V6].count +
		(like->dense ? 0 : list->of[MX_DENY_V4].count);

	like->prefixes =
		list->of[MX_DENY_V4].count + list->of[MX_DENY_V6].count;
	like->filter_log2 = filter_log2(prefixes);
	like->buckets = prefixes / BUCKET_FILL + 1;
}

struct mx_deny_table *
mx_deny_build(struct mx_deny_list *list, enum mx_deny_mode mode,
	      const struct mx_hash_key *key)
{
	struct mx_deny_table like = {.key = *key,
				     .dense = mode == MX_DENY_BY_FILES};
	struct mx_deny_table *table = NULL;
	struct dense_draft draft = {0};

	for (int f = 0; f < MX_DENY_FAMILIES; f++) {
		if (deny_sort(&list->of[f]) != 0)
			return NULL;
		prune(&list->of[f], mode);
	}
	describe(&like, list);
	if (!like.dense || dense_make(&draft, &list->of[MX_DENY_V4]) == 0) {
		like.blocks = draft.blocks;
		like.maps = draft.maps;
		table = fill_table(&like, list);
	}
	if (table != NULL) {
		if (table->dense)
			dense_write(&draft,
				    (uint8_t *)table + mx_deny_dense_at(table));
		mx_deny_seal(table);
	}
	dense_free(&draft);
	return table;
}
