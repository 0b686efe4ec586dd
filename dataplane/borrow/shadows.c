/* SPDX-License-Identifier: BSD-3-Clause */
#include "shadows.h"

/* How long an entry still counts when its time is over: its box may have heard a
 * segment that it has not told of. */
#define GRACE_S 60

uint8_t
shadows_home(const struct mx_plan *plan, const struct mx_addr *local)
{
	const struct mx_owned *row = mx_owned_find(&plan->owned, local, 0);

	return row->kind == MX_OWNED_SNAT ? plan->snat_box[row->index] : 0;
}

const struct mx_shadow_map *
shadows_of(const struct shadows *shadows, uint8_t box)
{
	for (uint16_t i = 0; i < shadows->count; i++)
		if (shadows->map[i].box == box)
			return &shadows->map[i];
	return NULL;
}

bool
shadows_is_synced(const struct shadows *shadows,
		  const struct mx_shadow_map *map)
{
	return shadows->kept && map != NULL &&
	       mx_shadow_state_of(map) == MX_SHADOW_SYNCED;
}

bool
shadows_are_taught(const struct shadows *shadows)
{
	if (!shadows->kept)
		return true;
	for (uint16_t i = 0; i < shadows->count; i++)
		if (mx_shadow_state_of(&shadows->map[i]) == MX_SHADOW_TEACHING)
			return true;
	return false;
}

static bool
find_in(const struct mx_shadow_map *map, const struct shadows_query *query,
	struct mx_shadow_entry *entry)
{
	return (query->reply ? mx_shadow_find_local : mx_shadow_find_client)(
		map, query->key, &query->flow, entry);
}

/* The home of an entry; 0: it has none, or it is this box. */
static uint8_t
home_of(const struct mx_plan *plan, const struct mx_shadow_entry *entry)
{
	return (entry->session.kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT
		       ? shadows_home(plan, &entry->ends.local)
		       : 0;
}

static int32_t
left_s(const struct mx_shadow_entry *entry, uint32_t now_s)
{
	return (int32_t)(entry->session.deadline_s - now_s);
}

/* Does the home have nothing to say about an entry of another box, or is it down?
 * All shadows have been asked. */
static enum mx_borrow
judge(const struct shadows_query *query, const struct shadows_found *found)
{
	const uint8_t home = home_of(query->plan, &found->entry);

	if (home != 0 &&
	    shadows_is_synced(query->shadows, shadows_of(query->shadows, home)))
		return MX_BORROW_ENDED;
	return left_s(&found->entry, query->now_s) + GRACE_S < 0
		       ? MX_BORROW_EXPIRED
		       : MX_BORROW_NONE;
}

/* The lines of all shadows at once. */
static void
prefetch(const struct shadows_query *query)
{
	const struct mx_flow *flow = &query->flow;
	const uint64_t hash = query->reply
				      ? mx_hash_client(query->key, &flow->dst,
						       flow->dst_port_be)
				      : mx_hash_client(query->key, &flow->src,
						       flow->src_port_be);

	for (uint16_t i = 0; i < query->shadows->count; i++)
		mx_shadow_prefetch(&query->shadows->map[i], hash);
}

bool
shadows_find(const struct shadows_query *query, struct shadows_found *found,
	     enum mx_borrow *why)
{
	struct mx_shadow_entry entry;
	bool any = false;

	prefetch(query);
	for (uint16_t i = 0; i < query->shadows->count; i++) {
		const struct mx_shadow_map *map = &query->shadows->map[i];

		if (!find_in(map, query, &entry))
			continue;
		if (home_of(query->plan, &entry) == map->box &&
		    shadows_is_synced(query->shadows, map)) {
			*found = (struct shadows_found){entry, true};
			*why = left_s(&entry, query->now_s) + GRACE_S < 0
				       ? MX_BORROW_EXPIRED
				       : MX_BORROW_NONE;
			return true;
		}
		if (any && left_s(&entry, query->now_s) <=
				   left_s(&found->entry, query->now_s))
			continue;
		*found = (struct shadows_found){entry, false};
		any = true;
	}
	if (any)
		*why = judge(query, found);
	return any;
}
