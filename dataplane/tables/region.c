/* SPDX-License-Identifier: BSD-3-Clause */
#include "region.h"

#include <string.h>

uint64_t
mx_region_publish(struct mx_region *region, const struct mx_plan *plan)
{
	const uint64_t generation = atomic_load_explicit(&region->generation,
							 memory_order_relaxed) +
				    1;
	struct mx_plan *slot = mx_region_slot(region, generation);

	memcpy(slot, plan, MX_PLAN_SIZE(plan->pools));
	mx_plan_seal(slot, generation);
	/* Release: with the generation the whole plan is visible. */
	atomic_store_explicit(&region->generation, generation,
			      memory_order_release);
	return generation;
}
