/* SPDX-License-Identifier: BSD-3-Clause */
#include "histogram.h"

#include <math.h>

/* The largest value of a bucket. */
static uint64_t
bucket_end(uint32_t bucket)
{
	if (bucket < HISTOGRAM_CUTS)
		return bucket;
	const uint32_t shift = (bucket >> HISTOGRAM_CUT_BITS) - 1;
	const uint64_t cut = bucket - (shift << HISTOGRAM_CUT_BITS);

	return ((cut + 1) << shift) - 1;
}

uint64_t
histogram_percentile(const struct histogram *histogram, double share)
{
	const double rank = ceil(share * (double)histogram->count);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->bucket[i];
		if (histogram->bucket[i] == 0 || (double)seen < rank)
			continue;
		const uint64_t end = bucket_end(i);
		return end < histogram->max ? end : histogram->max;
	}
	return histogram->max;
}
