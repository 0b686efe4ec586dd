/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_HASH_H
#define MX_TABLES_HASH_H

/* The keyed hash of flows: folded 64 x 64 -> 128 bit products, the mixer of
 * wyhash.  Each step has two multiplications.  Only with the key could an
 * attacker choose addresses and ports that meet in one bucket or on one
 * backend.
 *
 * Two keys are in use.  The plan's key decides which backend a new flow gets.  The
 * session key decides the place of a session in memory.  It is stored with the
 * sessions.  Both are random; or the boxes of a group make both from their secret
 * (group/secret.h), and have the same.
 *
 * Threads    pure functions: any. */
#include <stdint.h>
#include <string.h>

#include "addr.h"

struct mx_hash_key {
	uint64_t word[2];
};

static inline uint64_t
mx_hash_fold(uint64_t a, uint64_t b)
{
	const unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash of any two 64-bit words under a key. */
static inline uint64_t
mx_hash_words(const struct mx_hash_key *key, uint64_t a, uint64_t b)
{
	/* The constant keeps a zero word from cancelling the other word. */
	const uint64_t mixed = mx_hash_fold(a ^ key->word[0], b ^ key->word[1]);
	return mx_hash_fold(mixed ^ 0x9e3779b97f4a7c15u, key->word[0] | 1);
}

/* The hash of the client's end, which decides the session's place in memory.
 * The segments of both directions give the same hash, in every forward mode.
 * Clients rarely use one port towards two VIPs at once; if they do, the
 * sessions are neighbours.  All arguments in network order; an IPv6 address is
 * 16 bytes anywhere. */
static inline uint64_t
mx_hash_client4(const struct mx_hash_key *key, uint32_t ip_be, uint16_t port_be)
{
	return mx_hash_words(key, ip_be, port_be);
}

static inline uint64_t
mx_hash_client6(const struct mx_hash_key *key, const void *addr,
		uint16_t port_be)
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	return mx_hash_words(key, mx_hash_words(key, half[0], half[1]),
			     port_be);
}

/* The same for an address of either family. */
static inline uint64_t
mx_hash_client(const struct mx_hash_key *key, const struct mx_addr *addr,
	       uint16_t port_be)
{
	return mx_addr_is4(addr)
		       ? mx_hash_client4(key, mx_addr_to4(addr), port_be)
		       : mx_hash_client6(key, addr->byte, port_be);
}

/* 32 bits that stand for an IPv6 address in a session's first line.  Two
 * addresses that were chosen without the key have the same bits with a chance
 * of 2^-32 (NH, RFC 4418 5.2).  Addresses that are compared also have a bucket
 * and a tag in common. */
static inline uint32_t
mx_hash_digest(const struct mx_hash_key *key, const void *addr)
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	/* This hash differs from the one by which the same key places the
	 * session. */
	return (uint32_t)(mx_hash_fold(half[0] + (key->word[1] ^
						  0x9e3779b97f4a7c15u),
				       half[1] + (key->word[0] ^
						  0xd6e8feb86659fd93u)) >>
			  32);
}

/* The hash of an address, for tables of addresses.  Neighbours are far apart, which
 * the bits of a digest do not promise. */
static inline uint64_t
mx_hash_addr(const struct mx_hash_key *key, const struct mx_addr *addr)
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	return mx_hash_words(key, half[0], half[1]);
}

/* The part of a flow that chooses its backend. */
enum mx_hash_input {
	MX_HASH_FLOW,          /* addresses and ports: the most even spread */
	MX_HASH_SOURCE,        /* one client, one backend */
	MX_HASH_SOURCE_PREFIX, /* the /24 or /64: one farm, one backend */
	MX_HASH_INPUTS,
};

/* The 32 bits that choose the backend of a new flow, for mx_pick_find(). */
static inline uint32_t
mx_hash_pick(const struct mx_hash_key *key, enum mx_hash_input input,
	     const struct mx_flow *flow)
{
	const struct mx_addr src = input == MX_HASH_SOURCE_PREFIX
					   ? mx_addr_prefix(&flow->src)
					   : flow->src;
	uint64_t half[2];
	uint64_t hash = mx_hash_addr(key, &src);

	if (input == MX_HASH_FLOW) {
		memcpy(half, &flow->dst, sizeof(half));
		hash ^= mx_hash_words(key, ~half[0], half[1]);
		hash = mx_hash_words(key, hash,
				     (uint64_t)flow->src_port_be << 16 |
					     flow->dst_port_be);
	}
	return (uint32_t)hash;
}

#endif /* MX_TABLES_HASH_H */
