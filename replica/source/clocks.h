/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_CLOCKS_H
#define MX_REPLICA_CLOCKS_H

/* The clocks of the kernel.
 * Threads    any. */
#include <stdint.h>
#include <time.h>

static inline int64_t
clock_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* CLOCK_MONOTONIC: the clock of a session's times. */
static inline uint32_t
now_s(void)
{
	return (uint32_t)(clock_us(CLOCK_MONOTONIC) / 1000000);
}

static inline int64_t
now_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

/* CLOCK_REALTIME */
static inline int64_t
wall_ms(void)
{
	return clock_us(CLOCK_REALTIME) / 1000;
}

#endif /* MX_REPLICA_CLOCKS_H */
