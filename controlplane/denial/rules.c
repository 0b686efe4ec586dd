/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "endpoint.h"
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

static bool
is_of_program(const struct deny_rule *rule)
{
	return rule->program[0] != '\0';
}

uint16_t
rules_of_programs(const struct state *state)
{
	uint16_t count = 0;

	for (uint16_t i = 0; i < state->deny_rules; i++)
		count += is_of_program(&state->deny_rule[i]);
	return count;
}

bool
rules_are_many(const struct state *state, char text[static RULE_TEXT_MAX])
{
	const uint16_t all = state->deny_rules;
	const uint16_t programs = rules_of_programs(state);

	snprintf(text, RULE_TEXT_MAX,
		 "%u, of at most %u; those of programs: %u, of at most %u", all,
		 MX_DENY_RULES_MAX, programs, RULES_OF_PROGRAMS_MAX);
	return all >= MX_DENY_RULES_MAX - MX_DENY_RULES_MAX / 10 ||
	       programs >= RULES_OF_PROGRAMS_MAX - RULES_OF_PROGRAMS_MAX / 10;
}

const char *
rule_giver(const struct deny_rule *rule, char text[static RULE_GIVER_MAX])
{
	const char *who = rule->note.who;

	snprintf(text, RULE_GIVER_MAX, "%s%s%s", rule->program,
		 is_of_program(rule) && who[0] != '\0' ? ", " : "", who);
	return text;
}

/* The row of the rule with this prefix; state->deny_rules if there is none. */
static uint16_t
row_of(const struct state *state, const struct mx_config_prefix *at)
{
	uint16_t row = 0;

	while (row < state->deny_rules &&
	       !is_same(&state->deny_rule[row].at, at))
		row++;
	return row;
}

/* The slot of a rule goes to another one. */
static void
free_slot(struct state *state, const struct deny_rule *rule)
{
	if (rule->refused.slot < MX_DENY_RULES_MAX)
		state->counting.freed[rule->refused.slot] =
			++state->counting.frees;
}

int
rules_put(struct state *state, const struct deny_rule *rule)
{
	const uint16_t row = row_of(state, &rule->at);
	const bool known = row < state->deny_rules;

	if (is_of_program(rule) &&
	    !(known && is_of_program(&state->deny_rule[row])) &&
	    rules_of_programs(state) >= RULES_OF_PROGRAMS_MAX)
		return -EDQUOT;
	if (row == MX_DENY_RULES_MAX)
		return -ENOSPC;
	struct deny_rule *at = &state->deny_rule[row];
	struct slot_count refused = slot_count_new();
	if (known && at->denied == rule->denied)
		refused = at->refused;
	else if (known)
		free_slot(state, at);
	*at = *rule;
	at->refused = refused;
	state->deny_rules += !known;
	return 0;
}

static void
drop_rule(struct state *state, uint16_t row)
{
	free_slot(state, &state->deny_rule[row]);
	state->deny_rules--;
	memmove(&state->deny_rule[row], &state->deny_rule[row + 1],
		(size_t)(state->deny_rules - row) *
			sizeof(state->deny_rule[0]));
}

const struct deny_rule *
rules_at(const struct state *state, const struct mx_config_prefix *at)
{
	const uint16_t row = row_of(state, at);

	return row < state->deny_rules ? &state->deny_rule[row] : NULL;
}

bool
rules_forget(struct state *state, const struct mx_config_prefix *at)
{
	const uint16_t row = row_of(state, at);

	if (row == state->deny_rules)
		return false;
	drop_rule(state, row);
	return true;
}

enum event_source
rule_source(const struct deny_rule *rule)
{
	return is_of_program(rule) ? EVENT_PROGRAM : EVENT_OPERATOR;
}

static void
tell_end(const struct deny_rule *rule)
{
	char prefix[MX_PREFIX_TEXT_MAX], time[DURATION_TEXT_MAX];
	char why[REMARK_TEXT_MAX + DENY_PROGRAM_MAX + 64];

	/* No operator is named, as in the event of a wish that ends. */
	snprintf(why, sizeof(why), "its time of %s is over%s%s%s%s",
		 duration_text(rule->note.until.for_s, time),
		 is_of_program(rule) ? ": " : "", rule->program,
		 rule->note.reason[0] != '\0' ? ": " : "", rule->note.reason);
	eventlog_add(&(struct eventlog_news){
		.level = LOG_LEVEL_INFO,
		.source = is_of_program(rule) ? EVENT_PROGRAM : EVENT_CONTROL,
		.subject = mx_prefix_format(&rule->at, prefix),
		.after = "is as the lists say",
		.why = why});
}

bool
rules_expire(struct state *state, const struct moment *now)
{
	const uint16_t before = state->deny_rules;

	for (uint16_t i = state->deny_rules; i-- > 0;) {
		struct deny_rule *rule = &state->deny_rule[i];

		deadline_follow(&rule->note.until, now);
		if (!deadline_is_over(&rule->note.until, now))
			continue;
		tell_end(rule);
		drop_rule(state, i);
	}
	return state->deny_rules != before;
}

bool
rule_is_program(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	const size_t length = strlen(name);

	return length > 0 && length < DENY_PROGRAM_MAX && name[0] != '-' &&
	       strspn(name, plain) == length;
}

/* Does rule a last at least as long as b? */
static bool
lasts_as_long(const struct deny_rule *a, const struct deny_rule *b,
	      const struct moment *now)
{
	if (!deadline_is_set(&a->note.until))
		return true;
	return deadline_is_set(&b->note.until) &&
	       deadline_left_s(&a->note.until, now) >=
		       deadline_left_s(&b->note.until, now);
}

/* The longest rule that has a whole prefix in it, or NULL. */
static const struct deny_rule *
rule_over(const struct state *state, const struct mx_config_prefix *at)
{
	const struct deny_rule *longest = NULL;

	for (uint16_t i = 0; i < state->deny_rules; i++) {
		const struct deny_rule *rule = &state->deny_rule[i];

		if (rule->at.bits <= at->bits &&
		    mx_prefix_contains(&rule->at, &at->addr) &&
		    (longest == NULL || rule->at.bits > longest->at.bits))
			longest = rule;
	}
	return longest;
}

bool
rules_deny_all(const struct state *state, const struct mx_config_prefix *at)
{
	const struct deny_rule *over = rule_over(state, at);

	if (over == NULL || !over->denied)
		return false;
	for (uint16_t i = 0; i < state->deny_rules; i++) {
		const struct deny_rule *rule = &state->deny_rule[i];

		if (!rule->denied && rule->at.bits > at->bits &&
		    mx_prefix_contains(at, &rule->at.addr))
			return false;
	}
	return true;
}

const struct deny_rule *
rules_objection(const struct state *state, const struct deny_rule *rule,
		const struct moment *now)
{
	const struct deny_rule *over = rule_over(state, &rule->at);

	if (!is_of_program(rule) || over == NULL)
		return NULL;
	if (over->denied != rule->denied)
		return is_of_program(over) ? NULL : over;
	if (!is_same(&over->at, &rule->at) ||
	    strcmp(over->program, rule->program) == 0)
		return NULL;
	return lasts_as_long(over, rule, now) ? over : NULL;
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

/* Does a rule deny an address, or would it? */
static bool
is_denied_by(const struct state *state, const struct deny_rule *rule,
	     const struct mx_addr *addr)
{
	const struct deny_rule *now = rules_find(state, addr);

	return mx_prefix_contains(&rule->at, addr) &&
	       (now == NULL || now->at.bits <= rule->at.bits);
}

/* The label of the first configured MTA that a rule denies, or NULL. */
static const char *
denied_mta(const struct state *state, const struct deny_rule *rule,
	   char label[static STATE_LABEL_MAX])
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];

		if (b->config != NULL &&
		    is_denied_by(state, rule, &b->address.addr))
			return state_label(b, label);
	}
	return NULL;
}

/* The first snat address that a rule denies, or NULL. */
static const struct mx_addr *
denied_snat(const struct state *state, const struct deny_rule *rule)
{
	const struct mx_config *config = state->config;

	for (uint16_t s = 0; config != NULL && s < config->service_count; s++)
		for (uint16_t i = 0; i < config->service[s].snat_count; i++)
			if (is_denied_by(state, rule,
					 &config->service[s].snat[i]))
				return &config->service[s].snat[i];
	return NULL;
}

const char *
rules_hazard(const struct state *state, const struct deny_rule *rule,
	     char text[static RULE_TEXT_MAX])
{
	const bool is4 = mx_addr_is4(&rule->at.addr);
	char label[STATE_LABEL_MAX], addr[MX_ENDPOINT_TEXT_MAX];

	text[0] = '\0';
	if (!rule->denied)
		return text;
	if (rule->at.bits < (is4 ? LIST_WIDE4_BITS : LIST_WIDE6_BITS)) {
		snprintf(text, RULE_TEXT_MAX, "it is a whole /%u of IPv%d",
			 rule->at.bits, is4 ? 4 : 6);
		return text;
	}
	const char *mta = denied_mta(state, rule, label);
	const struct mx_addr *snat = denied_snat(state, rule);
	if (mta != NULL)
		snprintf(text, RULE_TEXT_MAX, "it has the MTA %s in it", mta);
	else if (snat != NULL)
		snprintf(text, RULE_TEXT_MAX,
			 "it has the snat address %s in it, which MTAs without "
			 "a PROXY header take for every client",
			 mx_addr_format(snat, addr));
	return text;
}
