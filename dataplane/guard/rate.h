/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RATE_H
#define MX_RATE_H

/* How many sessions a client began in the last ten seconds: a word of
 *
 *   tag 20 | window 12 | now 16 | before 16
 *
 * that counts those of a window of ten seconds and of the one before.  The tag
 * tells whose they are.
 *
 * Threads    pure functions: any. */
#include <stdint.h>

/* The length of a window. */
#define RATE_WINDOW_S 10

#define RATE_TAG_SHIFT 44
#define RATE_WINDOW_SHIFT 32
#define RATE_WINDOW_MASK 0xfffu
#define RATE_MAX 0xffffu

/* The rate word as it is in this window, for the client of `tag`.  The clock of
 * another worker may be a window ahead. */
static inline uint64_t
rate_now(uint64_t rate, uint32_t tag, uint32_t now_s)
{
	const uint32_t window = now_s / RATE_WINDOW_S & RATE_WINDOW_MASK;
	const uint64_t empty = (uint64_t)(tag >> 12) << RATE_TAG_SHIFT |
			       (uint64_t)window << RATE_WINDOW_SHIFT;
	const uint32_t past = (window - (uint32_t)(rate >> RATE_WINDOW_SHIFT)) &
			      RATE_WINDOW_MASK;

	if (rate >> RATE_TAG_SHIFT != tag >> 12)
		return empty;
	if (past == 0 || past == RATE_WINDOW_MASK)
		return rate;
	return past == 1 ? empty | (rate >> 16 & RATE_MAX) : empty;
}

/* How many sessions began in the last ten seconds: all of this window, and of
 * the one before the part that those seconds reach into. */
static inline uint32_t
rate_sum(uint64_t rate, uint32_t now_s)
{
	const uint32_t now = (uint32_t)(rate >> 16) & RATE_MAX;
	const uint32_t before = (uint32_t)rate & RATE_MAX;

	return now +
	       before * (RATE_WINDOW_S - now_s % RATE_WINDOW_S) / RATE_WINDOW_S;
}

/* One more session in this window, or one less; of a word of rate_now(). */
static inline uint64_t
rate_more(uint64_t rate)
{
	return (rate >> 16 & RATE_MAX) < RATE_MAX ? rate + ((uint64_t)1 << 16)
						  : rate;
}

static inline uint64_t
rate_less(uint64_t rate)
{
	return (rate >> 16 & RATE_MAX) > 0 ? rate - ((uint64_t)1 << 16) : rate;
}

/* The window of a word, to compare ages. */
static inline uint32_t
rate_window(uint64_t rate)
{
	return (uint32_t)(rate >> RATE_WINDOW_SHIFT) & RATE_WINDOW_MASK;
}

#endif /* MX_RATE_H */
