/* SPDX-License-Identifier: BSD-3-Clause */
#include "score.h"

/* The percentage of one measure. */
static uint16_t
line(double value, double easy, double full)
{
	if (value <= easy)
		return 100;
	if (value >= full)
		return SCORE_LEAST;
	const double part = (value - easy) / (full - easy);

	return (uint16_t)(100.5 - part * (100 - SCORE_LEAST));
}

static uint16_t
lower(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

uint16_t
score_of(const struct measures *measures, const struct score_scale *scale)
{
	uint16_t score = 100;

	if (measures->has_cpu && !scale->cpu_off)
		score = lower(score, line(measures->cpu, scale->cpu_easy,
					  scale->cpu_full));
	if (measures->has_memory && !scale->memory_off)
		score = lower(score, line(measures->memory, scale->memory_easy,
					  scale->memory_full));
	if (measures->has_queue && !scale->queue_off)
		score = lower(score, line((double)measures->queue,
					  (double)scale->queue_easy,
					  (double)scale->queue_full));
	return score;
}

uint16_t
score_settle(uint16_t said, uint16_t percent)
{
	const int gap = (int)percent - (int)said;

	if (said != 0 && gap < SCORE_STEP && gap > -SCORE_STEP &&
	    percent != 100)
		return said;
	return percent;
}
