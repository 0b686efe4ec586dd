/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RAMP_H
#define MX_RAMP_H

/* The slow start of one backend: for a while after it became able to serve it
 * gets a growing part of its weight.
 *
 *   percent
 *     100                   .----------
 *                      .-'
 *      10         .-'
 *       0  -------|         |
 *               able      + whole time
 *
 * The part grows by steps, one a second, so that a plan each second is enough.
 *
 * Zeroed memory is a backend that was not able.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

/* The part that a backend has at once: enough to see that it fails, and to warm
 * its caches. */
#define RAMP_FIRST_PERCENT 10
#define RAMP_STEP_MS 1000

struct ramp {
	bool able;      /* up, and not soft, the last time */
	bool under_way; /* its part is under 100 percent */
	uint64_t since_ms;
};

/* The backend is able to serve now, or is not.  whole_ms: how long a slow start
 * takes; 0: there is none.  Returns the percent of its weight, 1 to 100. */
uint16_t ramp_step(struct ramp *ramp, bool able, uint32_t whole_ms,
		   uint64_t now_ms);

#endif /* MX_RAMP_H */
