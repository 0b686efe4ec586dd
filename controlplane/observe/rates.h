/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RATES_H
#define MX_RATES_H

/* How many sessions services opened and refused in the last five minutes, a value
 * for each RATES_STEP_S: the lines that a page or a terminal draws.
 *
 * A step in which no data plane counted, or another one began to, has no value.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "region.h"

#define RATES_STEP_S 2
#define RATES_KEPT 150 /* steps: five minutes */

struct rate {
	uint32_t opened; /* sessions in a step */
	uint32_t refused;
};

struct rate_seen {
	uint64_t opened;
	uint64_t refused;
};

struct rates {
	int64_t next_s;    /* CLOCK_MONOTONIC; 0: no look yet */
	int64_t started_s; /* of the data plane of `seen`; 0: none */
	uint64_t steps;    /* so far; the last one is number steps - 1 */
	struct rate_seen seen[MX_SERVICES_MAX];
	bool known[RATES_KEPT]; /* by number % RATES_KEPT */
	struct rate kept[RATES_KEPT][MX_SERVICES_MAX];
};

/* One look, once a second.  region: NULL, if there is none. */
void rates_look(struct rates *rates, const struct mx_region *region,
		int64_t now_s);

/* The rate of a service `ago` steps before the last one.  Returns NULL if there
 * is no value. */
const struct rate *rates_of(const struct rates *rates, uint16_t service,
			    uint32_t ago);

#endif /* MX_RATES_H */
