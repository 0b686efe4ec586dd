/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_TSC_H
#define MX_LOGGER_TSC_H

/* The counter that rte_rdtsc() reads: records have its values.  mxsteer-log has
 * nothing of DPDK.
 *
 * Unit       1 / tsc_hz of a ring.
 * Threads    any. */
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>

static inline uint64_t
tsc_now(void)
{
	return __rdtsc();
}
#elif defined(__aarch64__)
static inline uint64_t
tsc_now(void)
{
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}
#else
#error "the counter of this processor is not known: see rte_rdtsc() of DPDK"
#endif

#endif /* MX_LOGGER_TSC_H */
