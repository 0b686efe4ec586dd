/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BUILD_H
#define MX_BUILD_H

/* From the state to the plan that says it to the data plane.  Same state, same
 * plan, byte for byte, on any host: so a restarted control plane sees that it
 * has nothing to publish, and equal boxes make equal choices.
 *
 * Threads    pure but for the builder's own memory: one at a time each. */
#include <stddef.h>

#include "plan.h"
#include "state.h"

/* Memory for one plan, and what its pick tables were made of: a table takes
 * about a millisecond, so only those of changed pools are made anew. */
struct builder {
	struct mx_plan *plan;
	uint32_t claims[MX_POOLS_MAX];
	struct mx_pick_claim claim[MX_POOLS_MAX][MX_CONFIG_BACKENDS_MAX];
};

struct builder *builder_new(void);
void builder_free(struct builder *builder);

/* Build the plan of a weighed state with a configuration.
 * Returns it (the builder's; not sealed), or NULL: more local addresses than
 * MX_SNATS_MAX, or more VIPs than MX_VIPS_MAX. */
const struct mx_plan *builder_run(struct builder *builder,
				  const struct state *state);

/* Do two plans say the same?  Generation and checksum do not count. */
bool plan_same(const struct mx_plan *a, const struct mx_plan *b);

#endif /* MX_BUILD_H */
