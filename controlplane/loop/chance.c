/* SPDX-License-Identifier: BSD-3-Clause */
#include "chance.h"

#include <errno.h>
#include <event2/util.h>
#include <sys/random.h>

uint32_t
chance_below(uint32_t limit)
{
	uint32_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return (uint32_t)((uint64_t)random * limit >> 32);
}

int
chance_fill(void *key, size_t bytes)
{
	const ssize_t filled = getrandom(key, bytes, 0);

	if (filled < 0)
		return -errno;
	return (size_t)filled == bytes ? 0 : -EIO;
}
