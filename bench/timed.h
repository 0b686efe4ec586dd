/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BENCH_TIMED_H
#define MX_BENCH_TIMED_H

/* The time of one small operation of the product's: what a room costs, where
 * bench_poll tells what the house does.
 *
 * A run is `ops` operations in a row that do not wait for each other, as those
 * of a burst do not.  Runs are timed and what prepares them is not; `rounds`
 * runs are one sample.  One sample goes before, to fill the caches, then five
 * make a figure, in ns and in cycles of the TSC.  Reading the TSC costs a run
 * some 20 cycles, which are in it.
 *
 * Threads    main. */
#include <stdint.h>

#include "figure.h"

struct timed {
	const char *name; /* of the operation; "..., cycles" is the other one */
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

/* Another session: nothing that memory said before holds for it. */
static inline void
timed_forget(void)
{
	__asm__ volatile("" : : : "memory");
}

/* The next number of a fixed sequence that looks like chance. */
uint64_t timed_draw(void);

#endif /* MX_BENCH_TIMED_H */
