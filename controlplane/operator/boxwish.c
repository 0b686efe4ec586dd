/* SPDX-License-Identifier: BSD-3-Clause */
#include "boxwish.h"

#include <assert.h>
#include <string.h>

#include "notejson.h"

static const char *const why_text[] = {
	[ANNOUNCEMENT_SERVED] = "",
	[ANNOUNCEMENT_LAST] =
		"no MTA serves, and no other box is known to have one that does",
	[ANNOUNCEMENT_UNSERVED] = "no MTA serves",
	[ANNOUNCEMENT_DRAINED] = "this box is drained",
	[ANNOUNCEMENT_EMPTYING] = "this box is drained, and has sessions",
	[ANNOUNCEMENT_UNTAUGHT] = "this box lacks sessions of that box",
};
static_assert(sizeof(why_text) / sizeof(why_text[0]) == ANNOUNCEMENT_WHYS,
	      "one text a reason");

bool
box_wish_expire(struct box_wish *wish, const struct moment *now, bool *ended)
{
	*ended = false;
	if (!wish->drain)
		return false;
	const bool changed = deadline_follow(&wish->note.until, now);
	if (!deadline_is_over(&wish->note.until, now))
		return changed;
	wish->drain = false;
	memset(&wish->note, 0, sizeof(wish->note));
	*ended = true;
	return true;
}

void
announcements_build(struct mx_plan *plan,
		    const struct announcements *announcements)
{
	for (uint16_t i = 0; i < announcements->count; i++) {
		const struct announcement *row = &announcements->row[i];
		const uint8_t kind =
			mx_owned_find(&plan->owned, &row->addr, 0)->kind;

		if (row->on &&
		    (kind == MX_OWNED_ADDRESS || kind == MX_OWNED_SNAT))
			plan->announce[plan->announces++] =
				(struct mx_announced){row->addr, row->metric};
	}
}

uint16_t
announcement_bit(const struct announcements *announcements,
		 const struct announcement *row)
{
	uint16_t bit = 0;

	for (uint16_t i = 0; i < announcements->count; i++) {
		const struct announcement *other = &announcements->row[i];

		if (other->kind == ANNOUNCEMENT_VIP &&
		    memcmp(&other->addr, &row->addr, sizeof(row->addr)) < 0)
			bit++;
	}
	return bit;
}

void
announcements_served(const struct announcements *announcements,
		     uint8_t served[static ANNOUNCEMENTS_BYTES])
{
	memset(served, 0, ANNOUNCEMENTS_BYTES);
	for (uint16_t i = 0; i < announcements->count; i++) {
		const struct announcement *row = &announcements->row[i];

		if (row->kind != ANNOUNCEMENT_VIP || !row->served)
			continue;
		const uint16_t bit = announcement_bit(announcements, row);
		served[bit / 8] |= (uint8_t)(1u << bit % 8);
	}
}

const char *
announcement_why(const struct announcement *row)
{
	return why_text[row->why];
}

void
box_wish_encode(json_t *root, const struct box_wish *wish)
{
	if (wish->drain)
		json_object_set_new(root, "box_drained",
				    note_encode(&wish->note));
	if (wish->role)
		json_object_set_new(root, "box_role",
				    note_encode(&wish->role_note));
}

static bool
decode_wish(const json_t *root, const char *key, bool same_start,
	    const struct moment *now, bool *is, struct wish_note *note)
{
	json_t *row = json_object_get(root, key);

	*is = row != NULL;
	return row == NULL || note_decode(row, same_start, now, note);
}

bool
box_wish_decode(const json_t *root, bool same_start, const struct moment *now,
		struct box_wish *wish)
{
	memset(wish, 0, sizeof(*wish));
	if (!decode_wish(root, "box_drained", same_start, now, &wish->drain,
			 &wish->note) ||
	    !decode_wish(root, "box_role", same_start, now, &wish->role,
			 &wish->role_note))
		return false;
	if (!same_start) {
		wish->role = false;
		memset(&wish->role_note, 0, sizeof(wish->role_note));
	}
	return true;
}
