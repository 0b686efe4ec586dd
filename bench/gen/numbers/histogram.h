/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_HISTOGRAM_H
#define MX_GEN_HISTOGRAM_H

/* Counts of values, in log-linear buckets: each power of two is cut into 64,
 * so a percentile is never more than 1/64 too large, and never too small.
 * Shape      20 KB; adding touches two lines of them. */
#include <stdint.h>

#define HISTOGRAM_CUT_BITS 6
#define HISTOGRAM_CUTS (1u << HISTOGRAM_CUT_BITS)
/* Values of 44 bits: of cycles, more than an hour. */
#define HISTOGRAM_VALUE_BITS 44
#define HISTOGRAM_BUCKETS                                                      \
	((HISTOGRAM_VALUE_BITS - HISTOGRAM_CUT_BITS + 1) * HISTOGRAM_CUTS)

struct histogram {
	uint64_t count;
	uint64_t max;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

static inline uint32_t
histogram_bucket(uint64_t value)
{
	if (value < HISTOGRAM_CUTS)
		return (uint32_t)value;
	if (value >> HISTOGRAM_VALUE_BITS != 0)
		return HISTOGRAM_BUCKETS - 1;
	const uint32_t shift =
		63 - HISTOGRAM_CUT_BITS - (uint32_t)__builtin_clzll(value);
	return (shift << HISTOGRAM_CUT_BITS) + (uint32_t)(value >> shift);
}

static inline void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->bucket[histogram_bucket(value)]++;
	if (value > histogram->max)
		histogram->max = value;
}

/* The least value that at least that share (0 to 1) of all values do not
 * exceed, to 1/64; 0 if there are no values. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif /* MX_GEN_HISTOGRAM_H */
