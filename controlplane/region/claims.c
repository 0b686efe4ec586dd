/* SPDX-License-Identifier: BSD-3-Clause */
#include "claims.h"

#include <stdlib.h>

/* FNV-1a.  A backend has the same seed on every box, whatever its id is. */
static uint64_t
claim_seed(const struct backend *backend)
{
	char label[STATE_LABEL_MAX];
	uint64_t seed = 0xcbf29ce484222325u;

	for (const char *c = state_label(backend, label); *c != '\0'; c++)
		seed = (seed ^ (uint8_t)*c) * 0x100000001b3u;
	return seed;
}

static int
by_seed(const void *a, const void *b)
{
	const struct mx_pick_claim *left = a, *right = b;

	return left->seed < right->seed ? -1 : left->seed > right->seed;
}

uint32_t
claims_of(const struct state *state, uint16_t pool,
	  struct mx_pick_claim claim[static MX_CONFIG_BACKENDS_MAX])
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < state->config->pool[pool].backend_count; i++) {
		const uint16_t id = state->pool[pool].member[i];
		const struct backend *b = &state->backend[id];
		if (b->share > 0) {
			claim[count].seed = claim_seed(b);
			claim[count].backend = id;
			claim[count++].weight = b->share;
		}
	}
	/* Claims are sorted, since two boxes may list the backends in different
	 * orders. */
	qsort(claim, count, sizeof(claim[0]), by_seed);
	return count;
}

void
claims_bound(struct mx_plan *plan, const struct state *state, uint16_t p)
{
	const struct mx_config_pool *pool = &state->config->pool[p];
	uint64_t sum = 0;
	uint32_t serving = 0;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		sum += state->backend[id].share;
		serving += state->backend[id].share > 0;
	}
	if (pool->load_bound == 0 || serving < 2)
		return;
	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		const uint64_t weight = state->backend[id].share;
		/* The share is rounded up, since 0 means "no bound". */
		plan->backend[id].share_max =
			(uint32_t)((weight * 65536 * pool->load_bound +
				    100 * sum - 1) /
				   (100 * sum));
	}
}
