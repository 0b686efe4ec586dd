/* SPDX-License-Identifier: BSD-3-Clause */
#include "rulerows.h"

#include <string.h>

static uint16_t
slot_of(const struct deny_rule *rule)
{
	return rule->refused.slot < MX_DENY_RULES_MAX ? rule->refused.slot
						      : MX_DENY_RULES_MAX;
}

void
rulerows_build(struct mx_plan *plan, const struct state *state)
{
	plan->deny_round = state->deny_round;
	plan->deny_rules = state->deny_rules;
	for (uint16_t i = 0; i < state->deny_rules; i++)
		plan->deny_rule[i] = (struct mx_deny_rule){
			.addr = state->deny_rule[i].at.addr,
			.bits = state->deny_rule[i].at.bits,
			.denied = state->deny_rule[i].denied,
			.slot = slot_of(&state->deny_rule[i]),
		};
	plan->end_orders = state->ends.count;
	memcpy(plan->end_order, state->ends.row,
	       state->ends.count * sizeof(state->ends.row[0]));
}
