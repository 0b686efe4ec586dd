/* SPDX-License-Identifier: BSD-3-Clause */
#include "ruleslots.h"

#include <stdlib.h>

#include "denylist.h"

/* Add a prefix without a stem, behind the longer ones. */
static void
add_short(struct rule_slots *slots, const struct rule_short *rule)
{
	uint32_t at = slots->shorts++;

	for (; at > 0 && slots->brief[at - 1].bits < rule->bits; at--)
		slots->brief[at] = slots->brief[at - 1];
	slots->brief[at] = *rule;
}

struct rule_slots *
rule_slots_make(const struct mx_deny_table *table,
		const struct mx_deny_rule *rule, uint16_t count)
{
	const uint32_t places = mx_deny_places(table);
	struct rule_slots *slots =
		calloc(1, sizeof(*slots) + places * sizeof(slots->slot[0]));

	if (slots == NULL)
		return NULL;
	slots->brief = calloc(count + 1u, sizeof(*slots->brief));
	if (slots->brief == NULL) {
		free(slots);
		return NULL;
	}
	for (uint32_t i = 0; i < places; i++)
		slots->slot[i] = RULE_SLOT_NONE;
	for (uint16_t i = 0; i < count; i++) {
		const struct mx_deny_key key = mx_deny_key_of(&rule[i].addr);
		const struct rule_short brief = {key, rule[i].bits,
						 rule[i].slot};
		const uint32_t place =
			mx_deny_where_prefix(table, &key, rule[i].bits);

		if (place != MX_DENY_NOWHERE)
			slots->slot[place] = rule[i].slot;
		else
			add_short(slots, &brief);
	}
	return slots;
}

void
rule_slots_free(struct rule_slots *slots)
{
	if (slots != NULL)
		free(slots->brief);
	free(slots);
}

uint16_t
rule_slots_find(const struct rule_slots *slots,
		const struct mx_deny_table *table, const struct mx_addr *addr)
{
	const struct mx_deny_key key = mx_deny_key_of(addr);
	const uint32_t place = mx_deny_where(table, &key);

	if (place != MX_DENY_NOWHERE)
		return slots->slot[place];
	for (uint32_t i = 0; i < slots->shorts; i++)
		if (mx_deny_covers(&slots->brief[i].key, slots->brief[i].bits,
				   &key))
			return slots->brief[i].slot;
	return RULE_SLOT_NONE;
}
