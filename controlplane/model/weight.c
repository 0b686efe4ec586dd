/* SPDX-License-Identifier: BSD-3-Clause */
#include "weight.h"

#include <assert.h>

static const char *const admin_names[] = {
	[ADMIN_READY] = "ready",
	[ADMIN_DRAIN] = "drain",
	[ADMIN_MAINT] = "maint",
};
static_assert(sizeof(admin_names) / sizeof(admin_names[0]) == ADMIN_STATES,
	      "one name per state");

static const char *const reason_texts[] = {
	[WEIGHT_SERVING] = "serving",
	[WEIGHT_MAINTENANCE] = "maintenance",
	[WEIGHT_DRAINING] = "draining",
	[WEIGHT_ZERO] = "weight 0",
	[WEIGHT_DOWN] = "down",
	[WEIGHT_FAR] = ("behind a gateway, which dsr cannot reach: write "
			"forward: tunnel"),
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

const char *
weight_reason_text(enum weight_reason why)
{
	assert(why < WEIGHT_REASONS);
	return reason_texts[why];
}

/* The reason that keeps the member from serving, without tiers.  Overrides come
 * first: an operator who asks why should see his own change first. */
static enum weight_reason
member_reason(const struct weight_member *member)
{
	if (member->admin == ADMIN_MAINT)
		return WEIGHT_MAINTENANCE;
	if (member->admin == ADMIN_DRAIN)
		return WEIGHT_DRAINING;
	if (member->weight == 0)
		return WEIGHT_ZERO;
	if (!member->healthy)
		return WEIGHT_DOWN;
	return member->far ? WEIGHT_FAR : WEIGHT_SERVING;
}

uint32_t
weight_compute(struct weight_member *member, uint32_t count)
{
	uint16_t best_tier = UINT16_MAX;
	uint32_t serving = 0;

	for (uint32_t i = 0; i < count; i++) {
		member[i].why = member_reason(&member[i]);
		if (member[i].why == WEIGHT_SERVING &&
		    member[i].tier < best_tier)
			best_tier = member[i].tier;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (member[i].why == WEIGHT_SERVING &&
		    member[i].tier > best_tier)
			member[i].why = WEIGHT_STANDBY;
		const bool serves = member[i].why == WEIGHT_SERVING;
		member[i].effective = serves ? member[i].weight : 0;
		serving += serves;
	}
	return serving;
}
