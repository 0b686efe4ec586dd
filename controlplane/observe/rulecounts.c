/* SPDX-License-Identifier: BSD-3-Clause */
#include "rulecounts.h"

#include "traffic.h"

/* The free slot that was given up the longest ago.  There is one, as there are as
 * many slots as rules. */
static uint16_t
oldest_free(const struct state *state,
	    const bool taken[static MX_DENY_RULES_MAX])
{
	uint16_t oldest = SLOT_COUNT_NONE;

	for (uint16_t slot = 0; slot < MX_DENY_RULES_MAX; slot++)
		if (!taken[slot] && (oldest == SLOT_COUNT_NONE ||
				     state->counting.freed[slot] <
					     state->counting.freed[oldest]))
			oldest = slot;
	return oldest;
}

/* A state file may give two rules one slot: the second one begins anew. */
static void
give_slots(struct state *state)
{
	bool taken[MX_DENY_RULES_MAX] = {false};

	for (uint16_t i = 0; i < state->deny_rules; i++) {
		struct slot_count *count = &state->deny_rule[i].refused;

		if (count->slot < MX_DENY_RULES_MAX && !taken[count->slot])
			taken[count->slot] = true;
		else
			*count = slot_count_new();
	}
	for (uint16_t i = 0; i < state->deny_rules; i++) {
		struct slot_count *count = &state->deny_rule[i].refused;

		if (count->slot != SLOT_COUNT_NONE)
			continue;
		count->slot = oldest_free(state, taken);
		taken[count->slot] = true;
	}
}

void
rule_counts_look(struct state *state, const struct mx_region *region)
{
	give_slots(state);
	if (region == NULL)
		return;
	struct rule_counting *counting = &state->counting;
	/* Once: what is compared is what is kept. */
	const int64_t started_s =
		__atomic_load_n(&region->header.started_s, __ATOMIC_RELAXED);
	const bool anew = counting->started_s != started_s;

	counting->started_s = started_s;
	for (uint16_t i = 0; i < state->deny_rules; i++) {
		struct deny_rule *rule = &state->deny_rule[i];
		const uint64_t counter =
			traffic_rule(region, rule->refused.slot);
		const uint64_t more =
			slot_count_read(&rule->refused, counter, anew);

		if (rule->program[0] != '\0')
			counting->by_programs += more;
		else
			counting->by_people += more;
	}
}
