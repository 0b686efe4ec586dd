/* SPDX-License-Identifier: BSD-3-Clause */
#include "schedule.h"

#include <math.h>

#include "random.h"

void
schedule_init(struct schedule *schedule, double gap_tsc, bool poisson,
	      uint64_t sessions, uint64_t seed)
{
	*schedule = (struct schedule){
		.closed = gap_tsc <= 0,
		.poisson = poisson,
		.gap_tsc = gap_tsc,
		.left = sessions > 0 ? sessions : UINT64_MAX,
		.random = seed,
	};
}

void
schedule_start(struct schedule *schedule, uint64_t now_tsc,
	       uint64_t duration_tsc)
{
	schedule->start_tsc = now_tsc;
	schedule->end_tsc =
		duration_tsc > 0 ? now_tsc + duration_tsc : UINT64_MAX;
}

bool
schedule_due(const struct schedule *schedule, uint64_t now_tsc,
	     uint64_t *intended_tsc)
{
	const uint64_t intended =
		schedule->closed
			? now_tsc
			: schedule->start_tsc + (uint64_t)schedule->next;

	if (schedule->left == 0 || intended > now_tsc ||
	    intended >= schedule->end_tsc)
		return false;
	*intended_tsc = intended;
	return true;
}

void
schedule_take(struct schedule *schedule)
{
	double gap = schedule->gap_tsc;

	if (schedule->poisson)
		gap *= -log1p(-random_share(&schedule->random));
	schedule->next += gap;
	schedule->left--;
}

bool
schedule_over(const struct schedule *schedule, uint64_t now_tsc)
{
	if (schedule->left == 0)
		return true;
	if (schedule->closed)
		return now_tsc >= schedule->end_tsc;
	return schedule->start_tsc + (uint64_t)schedule->next >=
	       schedule->end_tsc;
}
