/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHADOWS_H
#define MX_SHADOWS_H

/* The shadows of all peers (group/shadow.h), as the workers see them.
 *
 * Which one is believed   a session's home is the box whose local address it has.
 *            While the home's shadow is SYNCED, it alone knows the session: what
 *            others still have of it is over.  Else, and for a session without a
 *            home, the entry counts that lives longest.
 * Kept       while mxsteer-replica runs.  What it has left behind is what peers had:
 *            a shadow is not SYNCED any more, and what is missing may exist.
 * Threads    made by main (shadowwatch.h); read by every worker until it has
 *            reported a quiescent state after a newer set took its place. */
#include <stdbool.h>

#include "counters.h"
#include "plan.h"
#include "shadow.h"

struct shadows {
	uint16_t count;
	bool kept; /* mxsteer-replica runs */
	struct mx_shadow_map map[MX_BOXES_MAX];
};

/* An entry that was found. */
struct shadows_found {
	struct mx_shadow_entry entry;
	bool by_home; /* in the shadow of its home, which is SYNCED */
};

/* The box whose local address it is; 0: no peer's. */
uint8_t shadows_home(const struct mx_plan *plan, const struct mx_addr *local);

/* The shadow of a box, or NULL. */
const struct mx_shadow_map *shadows_of(const struct shadows *shadows,
				       uint8_t box);

/* Has the shadow all that its box has?  map: of the set, or NULL. */
bool shadows_is_synced(const struct shadows *shadows,
		       const struct mx_shadow_map *map);

/* Is any of them being taught, or none kept?  Then what they do not have may
 * come. */
bool shadows_are_taught(const struct shadows *shadows);

/* Where a segment's session is looked for. */
struct shadows_query {
	const struct shadows *shadows;
	const struct mx_plan *plan;
	const struct mx_hash_key *key; /* of the sessions */
	struct mx_flow flow;           /* as the packet has it */
	bool reply;                    /* it comes from a backend */
	uint32_t now_s;
};

/* Find the session of a segment in all shadows.  Returns whether any has it; *why:
 * MX_BORROW_NONE, or why it is not believed. */
bool shadows_find(const struct shadows_query *query,
		  struct shadows_found *found, enum mx_borrow *why);

#endif /* MX_SHADOWS_H */
