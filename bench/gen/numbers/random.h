/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_RANDOM_H
#define MX_GEN_RANDOM_H

/* Pseudo-random numbers; the same seed gives the same numbers (splitmix64). */
#include <stdint.h>

static inline uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* From 0 to below 1. */
static inline double
random_share(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

/* From low to high, both included. */
static inline uint32_t
random_between(uint64_t *state, uint32_t low, uint32_t high)
{
	const uint64_t span = (uint64_t)high - low + 1;

	return low + (uint32_t)(((random_next(state) >> 32) * span) >> 32);
}

#endif /* MX_GEN_RANDOM_H */
