/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "eventlog.h"
#include "listbuild.h"
#include "prefix.h"

int
rule_parse(const char *text, struct mx_config_prefix *out,
	   struct mx_deny_fault *fault)
{
	struct mx_deny_key key;
	uint32_t bits;

	const int error =
		mx_deny_prefix(text, strlen(text), &key, &bits, fault);
	if (error != 0)
		return error;
	const struct mx_config_prefix prefix = {mx_deny_addr_of(&key),
						(uint8_t)bits};
	*out = mx_prefix_trim(&prefix);
	if (mx_addr_equal(&out->addr, &prefix.addr))
		return 0;
	char form[MX_PREFIX_TEXT_MAX];
	snprintf(fault->text, sizeof(fault->text),
		 "expected %s, as the bits after the first %u are zero",
		 mx_prefix_format(out, form), out->bits);
	return -EINVAL;
}

static bool
is_same(const struct mx_config_prefix *a, const struct mx_config_prefix *b)
{
	return a->bits == b->bits && mx_addr_equal(&a->addr, &b->addr);
}

int
rules_put(struct state *state, const struct deny_rule *rule)
{
	for (uint16_t i = 0; i < state->deny_rules; i++)
		if (is_same(&state->deny_rule[i].at, &rule->at)) {
			state->deny_rule[i] = *rule;
			return 0;
		}
	if (state->deny_rules == MX_DENY_RULES_MAX)
		return -ENOSPC;
	state->deny_rule[state->deny_rules++] = *rule;
	return 0;
}

static void
drop_rule(struct state *state, uint16_t row)
{
	state->deny_rules--;
	memmove(&state->deny_rule[row], &state->deny_rule[row + 1],
		(size_t)(state->deny_rules - row) *
			sizeof(state->deny_rule[0]));
}

const struct deny_rule *
rules_at(const struct state *state, const struct mx_config_prefix *at)
{
	for (uint16_t i = 0; i < state->deny_rules; i++)
		if (is_same(&state->deny_rule[i].at, at))
			return &state->deny_rule[i];
	return NULL;
}

bool
rules_forget(struct state *state, const struct mx_config_prefix *at)
{
	for (uint16_t i = 0; i < state->deny_rules; i++)
		if (is_same(&state->deny_rule[i].at, at)) {
			drop_rule(state, i);
			return true;
		}
	return false;
}

bool
rules_expire(struct state *state, int64_t now_s)
{
	const uint16_t before = state->deny_rules;
	char prefix[MX_PREFIX_TEXT_MAX];

	for (uint16_t i = state->deny_rules; i-- > 0;)
		if (state->deny_rule[i].until_s != 0 &&
		    state->deny_rule[i].until_s <= now_s) {
			eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL,
				      mx_prefix_format(&state->deny_rule[i].at,
						       prefix),
				      "is as the lists say: its time is over");
			drop_rule(state, i);
		}
	return state->deny_rules != before;
}

const struct deny_rule *
rules_find(const struct state *state, const struct mx_addr *addr)
{
	const struct deny_rule *longest = NULL;

	for (uint16_t i = 0; i < state->deny_rules; i++) {
		const struct deny_rule *rule = &state->deny_rule[i];

		if (mx_prefix_contains(&rule->at, addr) &&
		    (longest == NULL || rule->at.bits > longest->at.bits))
			longest = rule;
	}
	return longest;
}

/* The label of the first configured MTA that a rule denies, or NULL. */
static const char *
denied_mta(const struct state *state, const struct deny_rule *rule,
	   char label[static STATE_LABEL_MAX])
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];

		if (b->config != NULL &&
		    mx_prefix_contains(&rule->at, &b->address.addr) &&
		    rules_find(state, &b->address.addr) == rule)
			return state_label(b, label);
	}
	return NULL;
}

const char *
rules_hazard(const struct state *state, const struct deny_rule *rule,
	     char text[static RULE_TEXT_MAX])
{
	const bool is4 = mx_addr_is4(&rule->at.addr);
	char label[STATE_LABEL_MAX];

	text[0] = '\0';
	if (!rule->denied)
		return text;
	if (rule->at.bits < (is4 ? LIST_WIDE4_BITS : LIST_WIDE6_BITS)) {
		snprintf(text, RULE_TEXT_MAX, "it is a whole /%u of IPv%d",
			 rule->at.bits, is4 ? 4 : 6);
		return text;
	}
	const char *mta = denied_mta(state, rule, label);
	if (mta != NULL)
		snprintf(text, RULE_TEXT_MAX, "it has the MTA %s in it", mta);
	return text;
}
