/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NOW_H
#define MX_NOW_H

/* The time in ms, which never goes back. Threads: any. */
#include <stdint.h>
#include <time.h>

static inline uint64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

#endif /* MX_NOW_H */
