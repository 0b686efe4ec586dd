/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DEADLINE_H
#define MX_DEADLINE_H

/* The moment at which something ends by itself, as "for 2h" says.  It outlives
 * this process.
 *
 * The wall clock may jump while the process runs, or be wrong after the start of
 * the machine.  So the monotonic clock counts, as long as the machine runs: it
 * goes on over restarts of this process, and nobody can set it.
 *
 * Only a start of the machine begins that clock anew.  Then the wall clock says
 * how much time is left: never more than the whole time.  It is asked
 * DEADLINE_SETTLE_S after the deadline was read, since a wrong clock is mostly
 * set by then.  Until then nothing ends.
 *
 * So a deadline may be late, and is early in one case alone: the machine was
 * started, and its clock is still ahead DEADLINE_SETTLE_S later.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"

#define DEADLINE_SETTLE_S 300

/* What both clocks say. */
struct moment {
	int64_t s;      /* CLOCK_MONOTONIC */
	int64_t wall_s; /* CLOCK_REALTIME */
};

/* Zeroed memory is no deadline: the thing stays. */
struct deadline {
	int64_t for_s;    /* the whole time; 0: there is no deadline */
	int64_t at_s;     /* the end, by the monotonic clock */
	int64_t wall_s;   /* the end, by the wall clock: for people, and for the
			   * next start of the machine */
	int64_t settle_s; /* when wall_s becomes at_s, by the monotonic clock;
			   * 0: at_s counts */
};

static inline struct moment
moment_now(void)
{
	return (struct moment){.s = clock_s(), .wall_s = clock_wall_s()};
}

static inline bool
deadline_is_set(const struct deadline *deadline)
{
	return deadline->for_s > 0;
}

/* for_s: 1 to DURATION_MAX_S; 0 makes no deadline. */
struct deadline deadline_in(int64_t for_s, const struct moment *now);

/* A deadline that was saved, as it counts now.  same_start: the machine has not
 * been started since.  Its numbers may be anything. */
struct deadline deadline_recall(const struct deadline *saved, bool same_start,
				const struct moment *now);

/* A deadline of which only the end by the wall clock was saved; 0: it has none. */
struct deadline deadline_at(int64_t wall_s, bool same_start,
			    const struct moment *now);

/* Follow the clocks: call this every second.  Returns true if *deadline has
 * changed and should be saved. */
bool deadline_follow(struct deadline *deadline, const struct moment *now);

/* How much time is left: 0 if it is over, or if there is no deadline. */
int64_t deadline_left_s(const struct deadline *deadline,
			const struct moment *now);

bool deadline_is_over(const struct deadline *deadline,
		      const struct moment *now);

#endif /* MX_DEADLINE_H */
