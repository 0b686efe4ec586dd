/* SPDX-License-Identifier: BSD-3-Clause */
#include "denied.h"

#include "ruleslots.h"

void
denied_count(struct worker *w, const struct active_plan *active,
	     const struct mx_addr *client)
{
	if (active->rule_slots == NULL ||
	    denied_by_rule(active, client) != MX_DENY_DENIED)
		return;
	const uint16_t slot =
		rule_slots_find(active->rule_slots, active->rules, client);

	if (slot != RULE_SLOT_NONE)
		w->count->rule_refused[slot]++;
}
