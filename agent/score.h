/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SCORE_H
#define MX_SCORE_H

/* How much of its weight an MTA should have, from what its host has left.
 *
 * Each measure gives a percentage: 100 up to where it is easy, SCORE_LEAST from
 * where it is full, and a straight line in between.  The lowest one counts: a host
 * is as fast as its scarcest part.  It is never 0, as a slow MTA is better than
 * none.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#define SCORE_LEAST 5

/* The score that is said moves only by this much, so that balancers do not
 * compute new tables for noise. */
#define SCORE_STEP 5

/* What was measured.  A part that cannot be measured does not count. */
struct measures {
	bool has_cpu;
	double cpu; /* busy, 0 to 1, averaged */
	bool has_memory;
	double memory; /* in use, 0 to 1 */
	bool has_queue;
	uint64_t queue; /* messages under way */
};

/* Where a measure is easy, and where it is full; and which do not count. */
struct score_scale {
	bool cpu_off, memory_off, queue_off;
	double cpu_easy, cpu_full;
	double memory_easy, memory_full;
	uint64_t queue_easy, queue_full;
};

/* The defaults.  A host answers without delay while half of its CPU is idle.  20 %
 * of memory left is room for the page cache; at 5 % the kernel looks for memory.
 * Postfix has at most 20,000 messages in its active queue
 * (qmgr_message_active_limit). */
#define SCORE_SCALE                                                            \
	{                                                                      \
		.cpu_easy = 0.50, .cpu_full = 1.0, .memory_easy = 0.80,        \
		.memory_full = 0.95, .queue_easy = 2000, .queue_full = 20000,  \
	}

/* SCORE_LEAST to 100. */
uint16_t score_of(const struct measures *measures,
		  const struct score_scale *scale);

/* The score to say, when `said` was said before; 0: nothing was. */
uint16_t score_settle(uint16_t said, uint16_t percent);

#endif /* MX_SCORE_H */
