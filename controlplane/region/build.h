/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BUILD_H
#define MX_BUILD_H

/* Build the plan for the data plane from the state.  The same state gives the
 * same plan, byte for byte, on any host.  So a restarted control plane sees
 * that it has nothing to publish, and equal boxes make equal choices.
 *
 * Threads    one at a time for each builder; no other state. */
#include <stddef.h>

#include "plan.h"
#include "state.h"

/* Memory for one plan, and the claims of its pick tables.  Making a table takes
 * about a millisecond, so only the tables of changed pools are made anew. */
struct builder {
	struct mx_plan *plan;
	uint32_t claims[MX_POOLS_MAX];
	struct mx_pick_claim claim[MX_POOLS_MAX][MX_CONFIG_BACKENDS_MAX];
};

struct builder *builder_new(void);
void builder_free(struct builder *builder);

/* Build the plan of a weighed state with a configuration.  Returns the plan,
 * which the builder owns, not sealed; or NULL if there are more local addresses
 * than MX_SNATS_MAX, or more VIPs than MX_VIPS_MAX. */
const struct mx_plan *builder_run(struct builder *builder,
				  const struct state *state);

/* Are two plans equal, except for generation and checksum? */
bool plan_same(const struct mx_plan *a, const struct mx_plan *b);

#endif /* MX_BUILD_H */
