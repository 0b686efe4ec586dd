/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OUTAGE_H
#define MX_OUTAGE_H

/* The time since which a worker has had no room for a new session of a service;
 * see greet.h.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

/* How long the reason for a refusal must have lasted. */
#define OUTAGE_PATIENCE_S 3

/* After so long without a SYN that cannot be served, its time begins anew. */
#define OUTAGE_LULL_S 5

struct outage {
	uint32_t since_s; /* SYNs cannot be served */
	uint32_t last_s;  /* the last one was then */
	uint8_t why;      /* enum mx_drop, of the last one */
};

/* Note that a SYN of a service cannot be served.  Returns whether that has
 * lasted. */
bool outage_has_lasted(struct outage *outage, uint32_t now_s, enum mx_drop why);

#endif /* MX_OUTAGE_H */
