/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLOCK_H
#define MX_CLOCK_H

/* The time.  No other file of the control plane asks the system for it, so a
 * test links a clock that it moves itself (tests/kit/faketime.c).
 *
 * Threads    any. */
#include <stdint.h>

#define CLOCK_NS_PER_MS UINT64_C(1000000)

/* CLOCK_MONOTONIC: it never goes back, and the data plane has the same. */
uint64_t clock_ns(void);

/* Seconds since 1970.  The administrator may set this clock back. */
int64_t clock_wall_s(void);

/* Let another process do what it is about to do. */
void clock_pause_ns(uint32_t ns);

static inline uint64_t
clock_ms(void)
{
	return clock_ns() / CLOCK_NS_PER_MS;
}

static inline int64_t
clock_s(void)
{
	return (int64_t)(clock_ms() / 1000);
}

#endif /* MX_CLOCK_H */
