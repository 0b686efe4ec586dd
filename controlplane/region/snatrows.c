/* SPDX-License-Identifier: BSD-3-Clause */
#include "snatrows.h"

#include <errno.h>
#include <string.h>

/* Enter an address in the next row.  quiet: as of mx_owned.
 * Returns 0; -EEXIST if the plan has the address in another row; or -ENOSPC. */
static int
enter(struct mx_plan *plan, const struct mx_addr *addr, bool quiet)
{
	struct mx_owned row;

	if (plan->snats == MX_SNATS_MAX)
		return -ENOSPC;
	memset(&row, 0, sizeof(row));
	row.addr = *addr;
	row.index = plan->snats;
	row.kind = MX_OWNED_SNAT;
	row.quiet = quiet;
	return mx_owned_add(&plan->owned, &row);
}

bool
snatrows_add(struct mx_plan *plan, const struct mx_config_service *config,
	     bool is4, struct mx_snat_range *range)
{
	range->first = plan->snats;
	for (uint16_t i = 0; i < config->snat_count; i++) {
		if (mx_addr_is4(&config->snat[i]) != is4)
			continue;
		if (enter(plan, &config->snat[i], false) == -ENOSPC)
			return false;
		plan->snat[plan->snats++] = config->snat[i];
		range->count++;
	}
	return true;
}

bool
snatrows_add_peers(struct mx_plan *plan, const struct mx_config_group *group)
{
	plan->box = (uint8_t)group->box;
	for (uint16_t i = 0; i < group->peer_snat_count; i++) {
		const struct mx_config_peer_snat *peer = &group->peer_snat[i];
		const int error = enter(plan, &peer->address, true);

		if (error == -ENOSPC)
			return false;
		if (error != 0)
			continue;
		plan->snat_box[plan->snats] = (uint8_t)peer->box;
		plan->snat[plan->snats++] = peer->address;
	}
	return true;
}

void
snatrows_add_retired(struct mx_plan *plan, const struct retired_address *row)
{
	if (enter(plan, &row->at.addr, row->quiet) == 0)
		plan->snat[plan->snats++] = row->at.addr;
}

static bool
has_role(const struct state *state)
{
	return state->config->announce.neighbours == MX_NEIGHBOURS_ROLE &&
	       state->box.role;
}

bool
snatrows_answers_for(const struct state *state, uint16_t box)
{
	return has_role(state) &&
	       state->config->announce.interface[0] == '\0' &&
	       (state->lost_boxes >> box & 1) != 0;
}

void
snatrows_quieten(struct mx_plan *plan, const struct state *state)
{
	const bool quiet =
		state->config->announce.neighbours == MX_NEIGHBOURS_ROLE &&
		!state->box.role;

	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++) {
		struct mx_owned *row = &plan->owned.slot[i];

		if (row->kind == MX_OWNED_ADDRESS) {
			row->quiet = quiet;
		} else if (row->kind == MX_OWNED_SNAT) {
			const uint8_t box = plan->snat_box[row->index];

			if (box != 0 && snatrows_answers_for(state, box))
				row->quiet = 0;
		}
	}
}
