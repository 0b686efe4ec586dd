/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYTABLE_H
#define MX_DENYTABLE_H

/* A deny table tells whether a list of prefixes denies an address.  The longest
 * prefix of the table that covers the address decides.
 *
 *   header | filter | buckets | IPv4 addresses (densetable.h)
 *
 * A table that is made of files has its IPv4 prefixes in the last part alone.
 * All others are in the filter and the buckets:
 *
 * Buckets    a set of 64-bit digests, one for each prefix, eight in a cache
 *            line.  The lowest bit of a digest is the prefix's verdict.  A full
 *            bucket goes on in the next one.
 * Stem       the first 8, 16, 24 or 32 bits of an IPv4 prefix, the first 16,
 *            32, 48 or 64 of an IPv6 prefix.  Each prefix has the longest stem
 *            that is not longer than the prefix.
 * Filter     two bits in one word for each stem; and for an IPv6 stem of 64
 *            bits, those of its first 48 too.  A look-up reads one word for each
 *            length of stem in use, that of 64 only where the bits of 48 are
 *            set, and reads buckets only where both bits are set.  For nearly
 *            all addresses that no prefix covers, one bit is missing.
 * Short      prefixes without a stem are in the header: a verdict for each first
 *            byte of IPv4, and for the first two bytes of IPv6.
 *
 * Two prefixes have the same digest with a chance of 2^-63, which depends on
 * the table's key.
 *
 * The control plane writes a table to a file.  The data plane copies the file
 * into memory of its own and checks the copy.  A look-up then checks no bounds.
 *
 * Invariant  in a table that mx_deny_check() has passed, a look-up ends, and
 *            reads nothing outside of the table.
 * Threads    build: one writer, on memory that no other thread reads.  Find:
 *            any. */
#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "densetable.h"
#include "hash.h"

#define MX_DENY_MAGIC 0x79656e6564786d5fu
/* Raised with every change of layout or meaning. */
#define MX_DENY_LAYOUT 2

/* Prefixes of one list, both families together. */
#define MX_DENY_PREFIXES_MAX (1u << 21)

enum mx_deny_verdict {
	MX_DENY_UNLISTED, /* no prefix covers the address */
	MX_DENY_EXEMPT,
	MX_DENY_DENIED,
	MX_DENY_VERDICTS,
};

enum mx_deny_family { MX_DENY_V4, MX_DENY_V6, MX_DENY_FAMILIES };

#define MX_DENY_STEMS 4u
#define MX_DENY_SHORT4 256u
#define MX_DENY_SHORT6 65536u

/* The lengths of the prefixes of one family. */
struct mx_deny_lengths {
	/* Of each stem: bit i stands for i bits more than the stem. */
	uint64_t beyond[MX_DENY_STEMS];
	uint8_t stems;  /* those in use, a bit each */
	uint8_t hosts6; /* IPv6 prefixes of 128 bits, which have no bit above */
	uint8_t shorts; /* prefixes without a stem */
	uint8_t zero[5];
};

struct mx_deny_table {
	uint64_t magic;
	uint32_t layout;
	uint32_t crc; /* CRC-32C of everything behind this field */
	uint64_t size_bytes;
	struct mx_hash_key key;
	uint32_t prefixes; /* that decide, short ones included */
	uint32_t filter_log2;
	uint32_t buckets;
	uint32_t dense; /* 1: the IPv4 prefixes are in the last part */
	struct mx_deny_lengths lengths[MX_DENY_FAMILIES];
	uint32_t blocks; /* of the last part */
	uint32_t maps;
	uint64_t dense_at; /* where the last part begins, in bytes */
	uint64_t pad[5];
	uint8_t short4[MX_DENY_SHORT4]; /* enum mx_deny_verdict */
	uint8_t short6[MX_DENY_SHORT6];
	uint64_t rest[]; /* filter, then buckets */
};
static_assert(sizeof(struct mx_deny_table) % 64 == 0,
	      "a bucket is one cache line");

#define MX_DENY_BUCKET 8u /* digests */
/* The longest run of full buckets that a look-up follows. */
#define MX_DENY_RUN_MAX 32u

#define MX_DENY_FILTER_LOG2_MIN 6
#define MX_DENY_FILTER_LOG2_MAX 20
#define MX_DENY_BUCKETS_MAX (1u << 20)
#define MX_DENY_BLOCKS_MAX (MX_DENY_PREFIXES_MAX + 1)

/* Where the dense part begins, from the first byte of the table on. */
static inline size_t
mx_deny_dense_at(const struct mx_deny_table *table)
{
	return sizeof(*table) +
	       sizeof(uint64_t) * (((size_t)1 << table->filter_log2) +
				   (size_t)table->buckets * MX_DENY_BUCKET);
}

static inline size_t
mx_deny_size(const struct mx_deny_table *table)
{
	return mx_deny_dense_at(table) +
	       (table->dense ? DENSE_SIZE(table->blocks, table->maps) : 0);
}

static inline struct dense_table
mx_deny_dense(const struct mx_deny_table *table)
{
	return dense_table_at((const uint8_t *)table + table->dense_at,
			      table->blocks, table->maps);
}

/* The largest table that any list gives. */
#define MX_DENY_SIZE_MAX ((size_t)256 << 20)

/* An address as two numbers, its first bit on top. */
struct mx_deny_key {
	uint64_t high; /* an IPv4 address has the upper half */
	uint64_t low;
	enum mx_deny_family family;
};

static inline struct mx_deny_key
mx_deny_key_of(const struct mx_addr *addr)
{
	uint64_t half[2];

	if (mx_addr_is4(addr))
		return (struct mx_deny_key){
			.high = (uint64_t)be32toh(mx_addr_to4(addr)) << 32,
			.family = MX_DENY_V4};
	memcpy(half, addr, sizeof(half));
	return (struct mx_deny_key){be64toh(half[0]), be64toh(half[1]),
				    MX_DENY_V6};
}

static inline struct mx_addr
mx_deny_addr_of(const struct mx_deny_key *key)
{
	const uint64_t half[2] = {htobe64(key->high), htobe64(key->low)};
	struct mx_addr addr;

	if (key->family == MX_DENY_V4)
		return mx_addr_from4(htobe32((uint32_t)(key->high >> 32)));
	memcpy(&addr, half, sizeof(addr));
	return addr;
}

static inline uint32_t
mx_deny_stem_bits(enum mx_deny_family family, uint32_t stem)
{
	return (stem + 1) * (family == MX_DENY_V4 ? 8u : 16u);
}

/* The hash of the first `bits` bits of an address, 1 to 64. */
static inline uint64_t
mx_deny_hash(const struct mx_deny_table *table, const struct mx_deny_key *key,
	     uint32_t bits)
{
	return mx_hash_words(&table->key, key->high >> (64 - bits),
			     key->family * 256u + bits);
}

/* Where a stem is in the filter.  The upper bits of its hash choose the word,
 * the lower ones the bits. */
static inline uint64_t
mx_deny_filter_word(const struct mx_deny_table *table, uint64_t hash)
{
	return hash >> (64 - table->filter_log2);
}

static inline uint64_t
mx_deny_filter_bits(uint64_t hash)
{
	return (uint64_t)1 << (hash & 63) | (uint64_t)1 << (hash >> 6 & 63);
}

/* Look for the prefixes of one stem, the longest one first. */
enum mx_deny_verdict mx_deny_probe(const struct mx_deny_table *table,
				   const struct mx_deny_key *key,
				   uint32_t stem);

/* Are both bits of a stem in the filter? */
static inline bool
mx_deny_filter_has(const struct mx_deny_table *table,
		   const struct mx_deny_key *key, uint32_t stem)
{
	const uint64_t hash =
		mx_deny_hash(table, key, mx_deny_stem_bits(key->family, stem));
	const uint64_t bits = mx_deny_filter_bits(hash);

	return (table->rest[mx_deny_filter_word(table, hash)] & bits) == bits;
}

/* The stems of an IPv6 prefix: of 48 bits, and of 64. */
#define MX_DENY_STEM_48 2u
#define MX_DENY_STEM_64 3u

/* The verdict by the prefixes of 48 bits and more, of an address whose first 48
 * are in the filter. */
enum mx_deny_verdict mx_deny_probe_long(const struct mx_deny_table *table,
					const struct mx_deny_key *key);

/* The verdict by the prefixes of one stem, if any has it. */
static inline enum mx_deny_verdict
mx_deny_find_stem(const struct mx_deny_table *table,
		  const struct mx_deny_key *key, uint32_t stem)
{
	if (!(table->lengths[key->family].stems >> stem & 1) ||
	    __builtin_expect(!mx_deny_filter_has(table, key, stem), 1))
		return MX_DENY_UNLISTED;
	return mx_deny_probe(table, key, stem);
}

/* The stems that a look-up asks the filter about first, the longest one last. */
static inline uint32_t
mx_deny_first_stems(enum mx_deny_family family)
{
	return family == MX_DENY_V4 ? MX_DENY_STEMS : MX_DENY_STEM_48;
}

/* The verdict on an address, by the filter and the buckets. */
static inline enum mx_deny_verdict
mx_deny_find_digest(const struct mx_deny_table *table,
		    const struct mx_deny_key *key)
{
	const struct mx_deny_lengths *lengths = &table->lengths[key->family];
	enum mx_deny_verdict verdict = MX_DENY_UNLISTED;

	if (key->family == MX_DENY_V6 && lengths->stems >> MX_DENY_STEM_48 &&
	    __builtin_expect(mx_deny_filter_has(table, key, MX_DENY_STEM_48),
			     0))
		verdict = mx_deny_probe_long(table, key);
	for (uint32_t stem = mx_deny_first_stems(key->family);
	     stem-- > 0 && verdict == MX_DENY_UNLISTED;)
		verdict = mx_deny_find_stem(table, key, stem);
	if (verdict != MX_DENY_UNLISTED || !lengths->shorts)
		return verdict;
	return (enum mx_deny_verdict)(key->family == MX_DENY_V4
					      ? table->short4[key->high >> 56]
					      : table->short6[key->high >> 48]);
}

/* The verdict on an address.  In a table that is made of files an address that
 * is exempt may be called unlisted. */
static inline enum mx_deny_verdict
mx_deny_find(const struct mx_deny_table *table, const struct mx_addr *addr)
{
	const struct mx_deny_key key = mx_deny_key_of(addr);

	if (key.family == MX_DENY_V6 || !table->dense)
		return mx_deny_find_digest(table, &key);
	const struct dense_table dense = mx_deny_dense(table);
	const uint32_t addr4 = (uint32_t)(key.high >> 32);
	if (__builtin_expect(!dense_is_touched(dense.line, addr4), 1))
		return MX_DENY_UNLISTED;
	return dense_is_denied(&dense, addr4) ? MX_DENY_DENIED
					      : MX_DENY_UNLISTED;
}

static inline void
mx_deny_prefetch_stem(const struct mx_deny_table *table,
		      const struct mx_deny_key *key, uint32_t stem)
{
	const uint64_t hash =
		mx_deny_hash(table, key, mx_deny_stem_bits(key->family, stem));

	__builtin_prefetch(&table->rest[mx_deny_filter_word(table, hash)]);
}

/* Begin to load what mx_deny_find() reads first. */
static inline void
mx_deny_prefetch(const struct mx_deny_table *table, const struct mx_addr *addr)
{
	const struct mx_deny_key key = mx_deny_key_of(addr);
	const uint8_t stems = table->lengths[key.family].stems;

	if (key.family == MX_DENY_V4 && table->dense) {
		__builtin_prefetch(&mx_deny_dense(table).line[key.high >> 48]);
		return;
	}
	if (key.family == MX_DENY_V6 && stems >> MX_DENY_STEM_48)
		mx_deny_prefetch_stem(table, &key, MX_DENY_STEM_48);
	for (uint32_t stem = 0; stem < mx_deny_first_stems(key.family); stem++)
		if (stems >> stem & 1)
			mx_deny_prefetch_stem(table, &key, stem);
}

/* The digest of a prefix in the buckets, without its verdict; and the bucket
 * that it belongs in.  bits: 1 to 128. */
struct mx_deny_place {
	uint64_t digest;
	uint32_t bucket;
};

struct mx_deny_place mx_deny_place_of(const struct mx_deny_table *table,
				      const struct mx_deny_key *key,
				      uint32_t bits);

/* The place of a prefix: that of its digest, counted from the first bucket on.
 * MX_DENY_NOWHERE: a prefix without a stem, or none. */
#define MX_DENY_NOWHERE UINT32_MAX

/* The place of the longest prefix with a stem that covers an address. */
uint32_t mx_deny_where(const struct mx_deny_table *table,
		       const struct mx_deny_key *key);

/* The place of one prefix. */
uint32_t mx_deny_where_prefix(const struct mx_deny_table *table,
			      const struct mx_deny_key *key, uint32_t bits);

/* How many places there are. */
static inline uint32_t
mx_deny_places(const struct mx_deny_table *table)
{
	return table->buckets * MX_DENY_BUCKET;
}

/* The first bucket of a table. */
static inline uint64_t *
mx_deny_buckets(struct mx_deny_table *table)
{
	return table->rest + ((size_t)1 << table->filter_log2);
}

/* Check everything that a look-up relies on, in memory that no other process
 * can write.  Returns 0, -EPROTO if the table has another layout, or -EBADMSG
 * if it is damaged or has not size_bytes. */
int mx_deny_check(const struct mx_deny_table *table, size_t size_bytes);

/* The same without the CRC, which takes milliseconds: a look-up then ends, and
 * reads nothing outside of the table, but its verdict may be wrong. */
int mx_deny_check_shape(const struct mx_deny_table *table, size_t size_bytes);

/* Set size and CRC.  The table may not change afterwards. */
void mx_deny_seal(struct mx_deny_table *table);

/* The number of a sealed table, which follows from its content; never 0. */
uint64_t mx_deny_serial(const struct mx_deny_table *table);

#endif /* MX_DENYTABLE_H */
