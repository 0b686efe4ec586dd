/* SPDX-License-Identifier: BSD-3-Clause */
#include "denytable.h"

#include <errno.h>
#include <stdbool.h>

#include "crc32c.h"

struct mx_deny_place
mx_deny_place_of(const struct mx_deny_table *table,
		 const struct mx_deny_key *key, uint32_t bits)
{
	const uint64_t hash =
		bits <= 64
			? mx_deny_hash(table, key, bits)
			: mx_hash_words(&table->key,
					mx_hash_words(&table->key, key->high,
						      key->low >> (128 - bits)),
					bits);
	/* The last bit is the verdict's.  An empty place is 0. */
	const uint64_t digest = hash & ~(uint64_t)1;

	return (struct mx_deny_place){
		.digest = digest == 0 ? 2 : digest,
		.bucket =
			(uint32_t)((hash >> 12 & UINT32_MAX) * table->buckets >>
				   32),
	};
}

/* The place of the prefix of this length. */
static uint32_t
find_prefix(const struct mx_deny_table *table, const struct mx_deny_key *key,
	    uint32_t bits)
{
	const uint64_t *buckets =
		table->rest + ((size_t)1 << table->filter_log2);
	const struct mx_deny_place place = mx_deny_place_of(table, key, bits);
	uint32_t at = place.bucket;

	for (uint32_t run = 0; run < MX_DENY_RUN_MAX; run++) {
		const uint64_t *bucket = &buckets[(size_t)at * MX_DENY_BUCKET];

		for (uint32_t i = 0; i < MX_DENY_BUCKET; i++)
			if ((bucket[i] & ~(uint64_t)1) == place.digest)
				return at * MX_DENY_BUCKET + i;
		if (bucket[MX_DENY_BUCKET - 1] == 0)
			break;
		at = at + 1 == table->buckets ? 0 : at + 1;
	}
	return MX_DENY_NOWHERE;
}

/* The place of the longest prefix of one stem. */
static uint32_t
find_of_stem(const struct mx_deny_table *table, const struct mx_deny_key *key,
	     uint32_t stem)
{
	const struct mx_deny_lengths *lengths = &table->lengths[key->family];
	const uint32_t first = mx_deny_stem_bits(key->family, stem);
	uint32_t place = MX_DENY_NOWHERE;

	if (first == 64 && lengths->hosts6)
		place = find_prefix(table, key, 128);
	for (uint64_t left = lengths->beyond[stem];
	     left != 0 && place == MX_DENY_NOWHERE;) {
		const uint32_t beyond = 63 - (uint32_t)__builtin_clzll(left);

		place = find_prefix(table, key, first + beyond);
		left &= ~((uint64_t)1 << beyond);
	}
	return place;
}

enum mx_deny_verdict
mx_deny_probe(const struct mx_deny_table *table, const struct mx_deny_key *key,
	      uint32_t stem)
{
	const uint32_t place = find_of_stem(table, key, stem);

	if (place == MX_DENY_NOWHERE)
		return MX_DENY_UNLISTED;
	return table->rest[((size_t)1 << table->filter_log2) + place] & 1
		       ? MX_DENY_DENIED
		       : MX_DENY_EXEMPT;
}

uint32_t
mx_deny_where(const struct mx_deny_table *table, const struct mx_deny_key *key)
{
	const uint8_t stems = table->lengths[key->family].stems;
	uint32_t place = MX_DENY_NOWHERE;

	for (uint32_t stem = MX_DENY_STEMS;
	     stem-- > 0 && place == MX_DENY_NOWHERE;)
		if (stems >> stem & 1)
			place = find_of_stem(table, key, stem);
	return place;
}

uint32_t
mx_deny_where_prefix(const struct mx_deny_table *table,
		     const struct mx_deny_key *key, uint32_t bits)
{
	return bits < mx_deny_stem_bits(key->family, 0)
		       ? MX_DENY_NOWHERE
		       : find_prefix(table, key, bits);
}

enum mx_deny_verdict
mx_deny_probe_long(const struct mx_deny_table *table,
		   const struct mx_deny_key *key)
{
	const enum mx_deny_verdict verdict =
		mx_deny_find_stem(table, key, MX_DENY_STEM_64);

	return verdict != MX_DENY_UNLISTED
		       ? verdict
		       : mx_deny_probe(table, key, MX_DENY_STEM_48);
}

static bool
are_verdicts(const uint8_t *verdict, uint32_t count)
{
	uint8_t most = 0;

	for (uint32_t i = 0; i < count; i++)
		most = verdict[i] > most ? verdict[i] : most;
	return most < MX_DENY_VERDICTS;
}

/* The lengths of a stem end where the next longer stem begins. */
static bool
are_lengths(const struct mx_deny_table *table, enum mx_deny_family family)
{
	const struct mx_deny_lengths *lengths = &table->lengths[family];
	const uint32_t step = mx_deny_stem_bits(family, 0);

	for (uint32_t stem = 0; stem < MX_DENY_STEMS; stem++) {
		const bool last = stem == MX_DENY_STEMS - 1;
		const uint32_t room = !last                  ? step
				      : family == MX_DENY_V4 ? 1
							     : 64;

		if (room < 64 && lengths->beyond[stem] >> room != 0)
			return false;
	}
	return lengths->stems < 1u << MX_DENY_STEMS;
}

static uint32_t
crc_of(const struct mx_deny_table *table)
{
	const size_t skip = offsetof(struct mx_deny_table, size_bytes);

	return mx_crc32c((const uint8_t *)table + skip,
			 table->size_bytes - skip);
}

int
mx_deny_check_shape(const struct mx_deny_table *table, size_t size_bytes)
{
	if (size_bytes < sizeof(*table))
		return -EBADMSG;
	if (table->magic != MX_DENY_MAGIC || table->layout != MX_DENY_LAYOUT)
		return -EPROTO;
	if (table->filter_log2 < MX_DENY_FILTER_LOG2_MIN ||
	    table->filter_log2 > MX_DENY_FILTER_LOG2_MAX ||
	    table->buckets == 0 || table->buckets > MX_DENY_BUCKETS_MAX ||
	    table->size_bytes != size_bytes || table->dense > 1 ||
	    table->blocks > MX_DENY_BLOCKS_MAX || table->blocks % 2 != 0 ||
	    table->maps > MX_DENY_BLOCKS_MAX ||
	    size_bytes != mx_deny_size(table) ||
	    table->dense_at != mx_deny_dense_at(table) ||
	    !are_lengths(table, MX_DENY_V4) || !are_lengths(table, MX_DENY_V6))
		return -EBADMSG;
	return 0;
}

int
mx_deny_check(const struct mx_deny_table *table, size_t size_bytes)
{
	const int error = mx_deny_check_shape(table, size_bytes);

	if (error != 0)
		return error;
	return are_verdicts(table->short4, MX_DENY_SHORT4) &&
			       are_verdicts(table->short6, MX_DENY_SHORT6) &&
			       table->crc == crc_of(table)
		       ? 0
		       : -EBADMSG;
}

void
mx_deny_seal(struct mx_deny_table *table)
{
	table->magic = MX_DENY_MAGIC;
	table->layout = MX_DENY_LAYOUT;
	table->size_bytes = mx_deny_size(table);
	table->dense_at = mx_deny_dense_at(table);
	table->crc = crc_of(table);
}

uint64_t
mx_deny_serial(const struct mx_deny_table *table)
{
	/* The number of prefixes makes two tables of one CRC unlikelier, and
	 * their number is never 0. */
	return (uint64_t)table->crc << 32 | (table->prefixes + 1);
}
