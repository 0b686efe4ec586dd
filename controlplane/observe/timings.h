/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TIMINGS_H
#define MX_TIMINGS_H

/* How long backends let sessions wait for their greeting, how they greet, and how
 * long sessions last, as the workers count it (struct mx_timing).
 *
 * The counters go on for as long as the data plane runs.  An operator wants to
 * know how it is now.  So their values are kept every TIMINGS_S, and what came
 * since the last value but one is shown: TIMINGS_S to twice that.
 *
 * Threads    the event loop. */
#include <jansson.h>
#include <stdint.h>

#include "region.h"

#define TIMINGS_S 60

struct timings {
	int64_t next_s;    /* CLOCK_MONOTONIC; 0: nothing is kept yet */
	int64_t started_s; /* of the data plane whose counters are kept */
	/* Older values, the oldest first. */
	struct mx_timing kept[2][MX_BACKENDS_MAX + 1];
};

/* One look, once a second. */
void timings_look(struct timings *timings, const struct mx_region *region,
		  int64_t now_s);

/* What a backend's counters have gained since the oldest value. */
struct mx_timing timings_recent(const struct timings *timings,
				const struct mx_region *region, uint16_t id);

/* The difference of two values of the same counters.  If they have begun anew in
 * between, it is the newer value. */
struct mx_timing timings_between(const struct mx_timing *before,
				 const struct mx_timing *now);

/* The time that so many percent of all stay under, in units of the first
 * bucket's width: it is taken to be spread evenly in its bucket.  Less than 0:
 * there is none. */
double timings_quantile(const uint32_t bucket[static MX_TIME_BUCKETS],
			unsigned percent);

/* The median time until the banner of a backend, in milliseconds; null: not known.
 * The caller owns it. */
json_t *timings_banner(const struct timings *timings,
		       const struct mx_region *region, uint16_t id);

/* Set the keys of a backend's row.  region: may be NULL. */
void timings_set(json_t *row, const struct timings *timings,
		 const struct mx_region *region, uint16_t id);

#endif /* MX_TIMINGS_H */
