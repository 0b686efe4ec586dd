/* SPDX-License-Identifier: BSD-3-Clause */
#include "pooltimes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bits of a phase are those of uint16_t. */
static_assert(SMTP_PHASES <= 16, "each phase has a bit");

static bool
has_pool(const struct mx_config *config, const char *pool)
{
	for (uint16_t p = 0; p < config->pool_count; p++)
		if (strcmp(config->pool[p].name, pool) == 0)
			return true;
	return false;
}

struct pool_times *
pooltimes_find(struct pooltimes *times, const char *pool)
{
	for (uint16_t i = 0; i < MX_POOLS_MAX; i++)
		if (strcmp(times->place[i].pool, pool) == 0)
			return &times->place[i];
	return NULL;
}

/* There are as many places as pools, so one is free for each new pool. */
void
pooltimes_follow(struct pooltimes *times, const struct mx_config *config)
{
	for (uint16_t i = 0; i < MX_POOLS_MAX; i++)
		if (!has_pool(config, times->place[i].pool))
			times->place[i] = (struct pool_times){.pool = ""};
	for (uint16_t p = 0; p < config->pool_count; p++) {
		const char *name = config->pool[p].name;
		struct pool_times *place = NULL;

		if (pooltimes_find(times, name) != NULL)
			continue;
		place = pooltimes_find(times, "");
		snprintf(place->pool, sizeof(place->pool), "%s", name);
	}
}

static uint32_t
bucket_of(double ms)
{
	const double widths = floor(ms * 1000 / (1 << MX_WAIT_SHIFT));

	return mx_time_bucket(widths < UINT32_MAX ? (uint32_t)widths
						  : UINT32_MAX);
}

void
pooltimes_add(struct pool_times *pool, uint16_t phases,
	      const double ms[static SMTP_PHASES])
{
	for (int phase = 0; phase < SMTP_PHASES; phase++) {
		struct phase_times *times = &pool->phase[phase];

		if (!(phases & 1u << phase))
			continue;
		times->bucket[bucket_of(ms[phase])]++;
		times->sum_ms += ms[phase];
	}
}
