/* SPDX-License-Identifier: BSD-3-Clause */
#include "router.h"

static bool
is_there(const struct router *router, uint8_t box)
{
	return router->boxes >> box & 1;
}

/* The announced box with the fewest buckets, or 0. */
static uint8_t
poorest(const struct router *router)
{
	uint32_t count[MX_BOXES_MAX + 1] = {0};
	uint8_t best = 0;

	for (uint32_t i = 0; i < ROUTER_BUCKETS; i++)
		count[router->bucket[i]]++;
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++)
		if (is_there(router, box) &&
		    (best == 0 || count[box] < count[best]))
			best = box;
	return best;
}

void
router_make(struct router *router, enum router_kind kind, uint8_t n)
{
	*router = (struct router){.kind = kind};
	for (uint8_t box = 1; box <= n; box++)
		router->boxes |= 1u << box;
	for (uint32_t i = 0; i < ROUTER_BUCKETS; i++)
		router->bucket[i] = (uint8_t)(i % n + 1);
}

void
router_set(struct router *router, uint8_t box, bool announced)
{
	if (announced)
		router->boxes |= 1u << box;
	else
		router->boxes &= ~(1u << box);
	for (uint32_t i = 0; i < ROUTER_BUCKETS; i++)
		if (!is_there(router, router->bucket[i]))
			router->bucket[i] = poorest(router);
}

/* Ranges of 31 bits, as of fib_rebalance(). */
static uint8_t
by_threshold(const struct router *router, uint32_t hash)
{
	const uint32_t total = (uint32_t)__builtin_popcount(router->boxes);
	uint64_t seen = 0;

	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++) {
		if (!is_there(router, box))
			continue;
		seen++;
		if ((hash >> 1) < ((seen << 31) + total / 2) / total)
			return box;
	}
	return 0;
}

uint8_t
router_of(const struct router *router, uint32_t hash)
{
	return router->kind == ROUTER_THRESHOLD
		       ? by_threshold(router, hash)
		       : router->bucket[hash % ROUTER_BUCKETS];
}
