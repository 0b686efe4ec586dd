/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SIPHASH_H
#define MX_SIPHASH_H

/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that stays
 * unpredictable for whoever sees any number of its results.  mx_hash_words() is
 * faster, but only good as long as nobody sees its results.
 *
 * The message is a number of whole 64-bit words; as bytes, each is little
 * endian.
 *
 * Threads    pure functions: any. */
#include <stdint.h>

#include "hash.h"

static inline uint64_t
siphash_turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void
siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = siphash_turn(v[1], 13) ^ v[0];
	v[3] = siphash_turn(v[3], 16) ^ v[2];
	v[0] = siphash_turn(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = siphash_turn(v[1], 17) ^ v[2];
	v[3] = siphash_turn(v[3], 21) ^ v[0];
	v[2] = siphash_turn(v[2], 32);
}

static inline void
siphash_take(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	siphash_round(v);
	siphash_round(v);
	v[0] ^= word;
}

/* The hash of `count` words, 31 at most, under a key. */
static inline uint64_t
siphash_words(const struct mx_hash_key *key, const uint64_t *word,
	      unsigned count)
{
	uint64_t v[4] = {
		key->word[0] ^ 0x736f6d6570736575u,
		key->word[1] ^ 0x646f72616e646f6du,
		key->word[0] ^ 0x6c7967656e657261u,
		key->word[1] ^ 0x7465646279746573u,
	};

	for (unsigned i = 0; i < count; i++)
		siphash_take(v, word[i]);
	/* The last block has the length in bytes. */
	siphash_take(v, (uint64_t)count * sizeof(*word) << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif /* MX_SIPHASH_H */
