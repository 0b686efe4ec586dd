/* SPDX-License-Identifier: BSD-3-Clause */
/* Chance that is the same in every run, in the place of chance.c. */
#include "chance.h"

#include <string.h>

static uint64_t seed = 88172645463325252;

/* Marsaglia's xorshift64. */
static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

uint32_t
chance_below(uint32_t limit)
{
	return (uint32_t)((next() >> 32) * limit >> 32);
}

int
chance_fill(void *key, size_t bytes)
{
	uint8_t *byte = key;

	for (size_t i = 0; i < bytes; i++)
		byte[i] = (uint8_t)next();
	return 0;
}
