/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TICKS_H
#define MX_TICKS_H

/* A clock for times of milliseconds to minutes, in few bits: the TSC without its
 * low bits, so that a tick is half a microsecond to a microsecond.  It wraps
 * after 17 minutes at least.
 *
 * Threads    pure functions: any. */
#include <stdint.h>

#include <rte_cycles.h>

#define TICKS_MASK 0x7fffffffu

struct ticks {
	uint64_t us_scaled; /* microseconds of a tick, times 2^31 */
	uint8_t shift;      /* low bits that are cut off */
};

static inline struct ticks
ticks_of(uint64_t tsc_hz)
{
	struct ticks ticks = {.shift = 0};

	while (tsc_hz >> ticks.shift >= 2000000)
		ticks.shift++;
	ticks.us_scaled = (UINT64_C(1000000) << 31) / (tsc_hz >> ticks.shift);
	return ticks;
}

/* Now; never 0. */
static inline uint32_t
ticks_now(const struct ticks *ticks)
{
	const uint32_t now =
		(uint32_t)(rte_rdtsc() >> ticks->shift) & TICKS_MASK;

	return now == 0 ? 1 : now;
}

/* The microseconds from one time to another; at least 1. */
static inline uint32_t
ticks_us(const struct ticks *ticks, uint32_t from, uint32_t to)
{
	const uint64_t us =
		((uint64_t)((to - from) & TICKS_MASK) * ticks->us_scaled) >> 31;

	return us == 0 ? 1 : (uint32_t)us;
}

#endif /* MX_TICKS_H */
