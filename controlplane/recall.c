/* SPDX-License-Identifier: BSD-3-Clause */
#include "recall.h"

#include <string.h>

#include "clock.h"
#include "leaving.h"
#include "override.h"
#include "ways.h"

/* A next hop that the plan knows and the kernel has lost. */
static void
seed_hop(struct nexthops *hops, const struct mx_config_dataplane *ports,
	 uint16_t id, const struct mx_backend *row)
{
	struct nexthop hop = {.known = true, .mtu = row->mtu};

	if (!row->resolved || row->port >= ports->port_count)
		return;
	strncpy(hop.interface, ports->port[row->port].interface,
		sizeof(hop.interface) - 1);
	memcpy(hop.mac, row->mac, sizeof(hop.mac));
	nexthops_seed(hops, id, &hop);
}

void
recall_plan(struct state *state, struct nexthops *hops,
	    struct session_counts *counts, const struct mx_plan *plan)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct mx_backend *row = &plan->backend[id];
		struct backend *b = &state->backend[id];
		if (!row->used || !b->used ||
		    !mx_endpoint_equal(&row->address, &b->address))
			continue;
		seed_hop(hops, &state->config->dataplane, id, row);
		override_recall_end(b, row->ended_s);
	}
	ways_seed(nexthops_ways(hops), plan->way, plan->ways);
	if (retired_recover(state, plan, clock_wall_s()))
		session_counts_follow(counts);
}
