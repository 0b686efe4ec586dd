/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_CLOCKS_H
#define MX_LOGGER_CLOCKS_H

/* The clocks of the kernel.
 * Threads    any. */
#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* CLOCK_MONOTONIC */
static inline int64_t
now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* CLOCK_REALTIME */
static inline int64_t
wall_s(void)
{
	return clock_ns(CLOCK_REALTIME) / 1000000000;
}

#endif /* MX_LOGGER_CLOCKS_H */
