/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_SCHEDULE_H
#define MX_GEN_SCHEDULE_H

/* The schedule of starts.  A late session stays due at its own time and does
 * not delay the next one (an open loop).  Without a rate a session is always
 * due (a closed loop). */
#include <stdbool.h>
#include <stdint.h>

struct schedule {
	bool closed;
	bool poisson;
	double gap_tsc; /* between two, on average */
	double next;    /* cycles after start */
	uint64_t start_tsc;
	uint64_t end_tsc; /* none is due from then on */
	uint64_t left;
	uint64_t random;
};

/* gap: cycles between two; 0 for a closed loop.  sessions, duration: 0 for no
 * limit. */
void schedule_init(struct schedule *schedule, double gap_tsc, bool poisson,
		   uint64_t sessions, uint64_t seed);

/* The first session is due now. */
void schedule_start(struct schedule *schedule, uint64_t now_tsc,
		    uint64_t duration_tsc);

/* Is a session due?  If so, *intended_tsc is its time. */
bool schedule_due(const struct schedule *schedule, uint64_t now_tsc,
		  uint64_t *intended_tsc);

/* The due session has started. */
void schedule_take(struct schedule *schedule);

/* Will no more session be due? */
bool schedule_over(const struct schedule *schedule, uint64_t now_tsc);

#endif /* MX_GEN_SCHEDULE_H */
