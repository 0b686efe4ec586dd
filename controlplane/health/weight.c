/* SPDX-License-Identifier: BSD-3-Clause */
#include "weight.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "bounds.h"

/* The product of all factors at 100 percent. */
#define WHOLE UINT64_C(10000000000)
static_assert(WEIGHT_FACTORS == 5, "WHOLE is 100 to the power of that");
static_assert((uint64_t)MX_WEIGHT_MAX * WEIGHT_PERCENT_MAX / 100 *
			      MX_WEIGHT_MAX <=
		      UINT64_MAX / WHOLE,
	      "a scaled product fits 64 bits");

static const char *const admin_names[] = {
	[ADMIN_READY] = "ready",
	[ADMIN_DRAIN] = "drain",
	[ADMIN_MAINT] = "maint",
};
static_assert(sizeof(admin_names) / sizeof(admin_names[0]) == ADMIN_STATES,
	      "one name per state");

static const char *const factor_names[] = {
	[FACTOR_AGENT] = "agent",
	[FACTOR_DEGRADED] = "degraded",
	[FACTOR_CERTIFICATE] = "certificate",
	[FACTOR_RAMP] = "ramp",
	[FACTOR_LOAD] = "load",
};
static_assert(sizeof(factor_names) / sizeof(factor_names[0]) == WEIGHT_FACTORS,
	      "one name per factor");

static const char *const reason_texts[] = {
	[WEIGHT_SERVING] = "serving",
	[WEIGHT_LESS + FACTOR_AGENT] = "serving, its agent asks for less",
	[WEIGHT_LESS + FACTOR_DEGRADED] = "serving, degraded",
	[WEIGHT_LESS + FACTOR_CERTIFICATE] = ("serving, its certificate has a "
					      "fault"),
	[WEIGHT_LESS + FACTOR_RAMP] = "serving, slow start",
	[WEIGHT_LESS + FACTOR_LOAD] = "serving, it has more load than others",
	[WEIGHT_KEPT] = "serving, soft as all that could serve",
	[WEIGHT_MAINTENANCE] = "maintenance",
	[WEIGHT_DRAINING] = "draining",
	[WEIGHT_ZERO] = "weight 0",
	[WEIGHT_AGENT_MAINT] = "its agent says maint",
	[WEIGHT_AGENT_DRAIN] = "its agent says drain",
	[WEIGHT_AGENT_DOWN] = "its agent says down",
	[WEIGHT_AGENT_ZERO] = "its agent says 0 %",
	[WEIGHT_DOWN] = "down",
	[WEIGHT_FAR] = ("behind a gateway, which dsr cannot reach: write "
			"forward: tunnel"),
	[WEIGHT_SOFT] = "soft",
	[WEIGHT_STANDBY] = "standby tier",
};
static_assert(sizeof(reason_texts) / sizeof(reason_texts[0]) == WEIGHT_REASONS,
	      "one text per reason");

const char *
admin_name(enum admin_state admin)
{
	assert(admin < ADMIN_STATES);
	return admin_names[admin];
}

bool
admin_parse(const char *text, enum admin_state *admin)
{
	for (int i = 0; i < ADMIN_STATES; i++) {
		if (strcmp(admin_names[i], text) != 0)
			continue;
		*admin = (enum admin_state)i;
		return true;
	}
	return false;
}

const char *
weight_factor_name(enum weight_factor factor)
{
	assert(factor < WEIGHT_FACTORS);
	return factor_names[factor];
}

const char *
weight_reason_text(enum weight_reason why)
{
	assert(why < WEIGHT_REASONS);
	return reason_texts[why];
}

/* The reason by which the member's agent keeps it from serving, if it does. */
static enum weight_reason
agent_reason(const struct agent_wish *agent)
{
	if (agent == NULL)
		return WEIGHT_SERVING;
	if (agent->admin == ADMIN_MAINT)
		return WEIGHT_AGENT_MAINT;
	if (agent->admin == ADMIN_DRAIN)
		return WEIGHT_AGENT_DRAIN;
	if (agent->down)
		return WEIGHT_AGENT_DOWN;
	return agent->percent == 0 ? WEIGHT_AGENT_ZERO : WEIGHT_SERVING;
}

/* The reason that keeps the member from serving, without tiers.  Overrides come
 * first: an operator who asks why should see his own change first.  The agent
 * comes before health: a server that was stopped for maintenance fails its
 * checks too. */
static enum weight_reason
member_reason(const struct weight_member *member)
{
	if (member->admin == ADMIN_MAINT)
		return WEIGHT_MAINTENANCE;
	if (member->admin == ADMIN_DRAIN)
		return WEIGHT_DRAINING;
	if (member->weight == 0)
		return WEIGHT_ZERO;
	const enum weight_reason agent = agent_reason(member->agent);
	if (agent != WEIGHT_SERVING)
		return agent;
	if (!member->healthy)
		return WEIGHT_DOWN;
	if (member->far)
		return WEIGHT_FAR;
	return member->soft ? WEIGHT_SOFT : WEIGHT_SERVING;
}

static uint16_t
percent_of(const struct weight_member *member, enum weight_factor factor)
{
	uint16_t percent = member->percent[factor];

	if (factor == FACTOR_AGENT && member->agent != NULL)
		percent = member->agent->percent;
	return percent == 0 ? 100 : percent;
}

/* The weight times all factors; WHOLE is 1. */
static uint64_t
product(const struct weight_member *member)
{
	uint64_t product = member->weight;

	for (int f = 0; f < WEIGHT_FACTORS; f++)
		product *= percent_of(member, (enum weight_factor)f);
	return product;
}

static uint64_t
divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* The factor that takes the most, as a reason. */
static enum weight_reason
factor_reason(const struct weight_member *member)
{
	enum weight_reason why = WEIGHT_SERVING;
	uint16_t least = 100;

	for (int f = 0; f < WEIGHT_FACTORS; f++) {
		const uint16_t percent =
			percent_of(member, (enum weight_factor)f);
		if (percent < least) {
			least = percent;
			why = weight_less((enum weight_factor)f);
		}
	}
	return why;
}

/* Members with this reason can serve.  Returns the lowest tier of them, or
 * UINT32_MAX. */
static uint32_t
lowest_tier(const struct weight_member *member, uint32_t count,
	    enum weight_reason why)
{
	uint32_t lowest = UINT32_MAX;

	for (uint32_t i = 0; i < count; i++)
		if (member[i].why == why && member[i].tier < lowest)
			lowest = member[i].tier;
	return lowest;
}

/* Shares have the ratios of the products, and are whole numbers of at most
 * MX_WEIGHT_MAX.  So a small weight is reduced as well as a large one. */
static void
set_shares(struct weight_member *member, uint32_t count)
{
	uint64_t largest = 1;

	for (uint32_t i = 0; i < count; i++)
		if (member[i].effective > largest)
			largest = member[i].effective;
	/* A whole number keeps the ratios of weights that nothing reduces. */
	const uint64_t scale =
		largest <= MX_WEIGHT_MAX ? MX_WEIGHT_MAX / largest : 1;
	const uint64_t divisor =
		largest <= MX_WEIGHT_MAX
			? WHOLE
			: divide_up(WHOLE * largest, MX_WEIGHT_MAX);
	for (uint32_t i = 0; i < count; i++)
		member[i].share =
			member[i].effective == 0
				? 0
				: (uint16_t)divide_up(
					  product(&member[i]) * scale, divisor);
}

uint32_t
weight_compute(struct weight_member *member, uint32_t count)
{
	uint32_t serving = 0;

	for (uint32_t i = 0; i < count; i++)
		member[i].why = member_reason(&member[i]);
	uint32_t tier = lowest_tier(member, count, WEIGHT_SERVING);
	const bool all_soft = tier == UINT32_MAX;
	if (all_soft)
		tier = lowest_tier(member, count, WEIGHT_SOFT);
	for (uint32_t i = 0; i < count; i++) {
		struct weight_member *m = &member[i];
		if (m->why == WEIGHT_SERVING)
			m->why = m->tier == tier ? factor_reason(m)
						 : WEIGHT_STANDBY;
		else if (m->why == WEIGHT_SOFT && all_soft && m->tier == tier)
			m->why = WEIGHT_KEPT;
		m->effective = weight_serves(m->why)
				       ? (uint16_t)divide_up(product(m), WHOLE)
				       : 0;
		serving += m->effective > 0;
	}
	set_shares(member, count);
	return serving;
}
