/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_HASH_H
#define MX_TABLES_HASH_H

/* The keyed hash of flows: folded 64 x 64 -> 128 bit products, the mixer of
 * wyhash.  Two multiplications a flow; without the key nobody can choose
 * addresses and ports that meet in one bucket or on one backend.
 *
 * Two keys are in use.  The plan's key decides which backend a new flow gets
 * and is the same on every balancer of a group.  The session key decides the
 * place of a session in memory, is random, and lives with the sessions.
 *
 * Threads    pure functions: any. */
#include <stdint.h>

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

/* Any two 64-bit words under a key. */
static inline uint64_t
mx_hash_words(const struct mx_hash_key *key, uint64_t a, uint64_t b)
{
	/* The constant keeps a zero word from cancelling the other one. */
	const uint64_t mixed = mx_hash_fold(a ^ key->word[0], b ^ key->word[1]);
	return mx_hash_fold(mixed ^ 0x9e3779b97f4a7c15u, key->word[0] | 1);
}

/* An IPv4 flow.  All arguments in network order. */
static inline uint64_t
mx_hash_flow4(const struct mx_hash_key *key, uint32_t src_be, uint32_t dst_be,
	      uint16_t src_port_be, uint16_t dst_port_be)
{
	return mx_hash_words(key, (uint64_t)src_be << 32 | dst_be,
			     (uint64_t)src_port_be << 16 | dst_port_be);
}

/* What of a client the backend is chosen by: see enum mx_hash_input. */
enum mx_hash_input {
	MX_HASH_FLOW,          /* addresses and ports: the evenest spread */
	MX_HASH_SOURCE,        /* one client, one backend */
	MX_HASH_SOURCE_PREFIX, /* the /24 or /64: one farm, one backend */
	MX_HASH_INPUTS,
};

/* The 32 bits that choose the backend of a new IPv4 flow, for mx_pick_find().
 * All of src and dst in network order. */
static inline uint32_t
mx_hash_pick4(const struct mx_hash_key *key, enum mx_hash_input input,
	      const struct mx_flow4 *flow)
{
	switch (input) {
	case MX_HASH_SOURCE:
		return (uint32_t)mx_hash_words(key, flow->src_be, 0);
	case MX_HASH_SOURCE_PREFIX:
		return (uint32_t)mx_hash_words(
			key, flow->src_be & mx_prefix4_be(24), 0);
	default:
		return (uint32_t)mx_hash_flow4(key, flow->src_be, flow->dst_be,
					       flow->src_port_be,
					       flow->dst_port_be);
	}
}

#endif /* MX_TABLES_HASH_H */
