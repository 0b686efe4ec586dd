/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_SCHEDULE_H
#define MX_GEN_SCHEDULE_H

/* When sessions should start.  What is late stays due, with the time it should
 * have had: the next one is not put off by it (an open loop).  Without a rate
 * a session is due whenever it is asked for (a closed loop). */
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

/* Is one due?  If so, *intended_tsc is when. */
bool schedule_due(const struct schedule *schedule, uint64_t now_tsc,
		  uint64_t *intended_tsc);

/* It has started. */
void schedule_take(struct schedule *schedule);

/* Will none be due any more? */
bool schedule_over(const struct schedule *schedule, uint64_t now_tsc);

#endif /* MX_GEN_SCHEDULE_H */
