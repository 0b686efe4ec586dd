/* SPDX-License-Identifier: BSD-3-Clause */
#include "rulerows.h"

#include <string.h>

#include "prefix.h"

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

/* The first bit of an IPv4 address in ::ffff:a.b.c.d. */
#define IPV4_FIRST_BIT 96

bool
rulerows_allow(struct mx_plan *plan, const struct mx_config_clients *clients,
	       struct mx_client_limits *limits)
{
	limits->allow_first = plan->allows;
	for (uint16_t i = 0; i < clients->allow_count; i++) {
		const struct mx_config_prefix prefix =
			mx_prefix_trim(&clients->allow[i]);
		const bool is4 = mx_addr_is4(&prefix.addr);

		if (plan->allows == MX_ALLOWS_MAX)
			return false;
		plan->allow[plan->allows++] = (struct mx_prefix){
			.addr = prefix.addr,
			.bits = (uint8_t)(prefix.bits +
					  (is4 ? IPV4_FIRST_BIT : 0)),
		};
	}
	limits->allow_count = clients->allow_count;
	return true;
}
