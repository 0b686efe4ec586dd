/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BENCH_TIMED_H
#define MX_BENCH_TIMED_H

/* The time of one small operation of the product. bench_poll measures all of
 * them together.
 *
 * A run is `ops` operations in a row that do not wait for each other, as those
 * of a burst do not.  Runs are timed, but not their preparation.  `rounds` runs
 * are one sample.  A first sample fills the caches.  The next five make a
 * figure, in ns and in cycles of the TSC.  A run includes the cost of reading
 * the TSC, some 20 cycles.
 *
 * Threads    main. */
#include <stdint.h>

#include "figure.h"

struct timed {
	const char *name; /* of the operation; the second figure is "NAME,
			   * cycles" */
	void (*run)(void *arg);
	void (*prepare)(void *arg); /* before each run; NULL: nothing to do */
	void *arg;
	uint32_t ops;
	uint32_t rounds;
};

void timed_add(struct figures *figures, const struct timed *timed);

/* Use a value, so that the compiler computes it. */
static inline void
timed_use(uint64_t value)
{
	__asm__ volatile("" : : "r"(value));
}

/* Begin another session: the compiler forgets what it has read from memory. */
static inline void
timed_forget(void)
{
	__asm__ volatile("" : : : "memory");
}

/* The next number of a fixed pseudo-random sequence. */
uint64_t timed_draw(void);

#endif /* MX_BENCH_TIMED_H */
