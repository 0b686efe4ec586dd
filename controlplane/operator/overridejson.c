/* SPDX-License-Identifier: BSD-3-Clause */
#include "overridejson.h"

#include "bounds.h"
#include "notejson.h"

static bool
is_empty(const struct wish_note *note)
{
	return note->who[0] == '\0' && note->reason[0] == '\0' &&
	       note->since_s == 0 && !deadline_is_set(&note->until);
}

/* The notes of what is wished, or NULL. */
static json_t *
encode_notes(const struct override *override)
{
	json_t *notes = json_object();

	for (int kind = 0; kind < WISH_KINDS; kind++)
		if (override_wishes(override, (enum wish_kind)kind) &&
		    !is_empty(&override->note[kind]))
			json_object_set_new(notes,
					    wish_name((enum wish_kind)kind),
					    note_encode(&override->note[kind]));
	if (json_object_size(notes) > 0)
		return notes;
	json_decref(notes);
	return NULL;
}

void
override_encode(json_t *row, const struct override *override)
{
	json_t *notes = encode_notes(override);

	json_object_set_new(row, "admin",
			    json_string(admin_name(override->admin)));
	if (override->weight_set)
		json_object_set_new(row, "weight",
				    json_integer(override->weight));
	if (override->end_sessions)
		json_object_set_new(row, "end_sessions", json_true());
	if (override->agent_ignored)
		json_object_set_new(row, "agent_ignored", json_true());
	if (notes != NULL)
		json_object_set_new(row, "notes", notes);
}

static bool
decode_notes(json_t *notes, bool same_start, const struct moment *now,
	     struct override *override)
{
	if (notes == NULL)
		return true;
	for (int kind = 0; kind < WISH_KINDS; kind++) {
		json_t *row =
			json_object_get(notes, wish_name((enum wish_kind)kind));

		if (row != NULL &&
		    override_wishes(override, (enum wish_kind)kind) &&
		    !note_decode(row, same_start, now, &override->note[kind]))
			return false;
	}
	return json_is_object(notes);
}

bool
override_decode(json_t *row, bool same_start, const struct moment *now,
		struct override *override)
{
	int weight = -1, end = 0, ignored = 0;
	const char *admin;

	if (json_unpack(row, "{s:s s?i s?b s?b}", "admin", &admin, "weight",
			&weight, "end_sessions", &end, "agent_ignored",
			&ignored) < 0 ||
	    weight > MX_WEIGHT_MAX || !admin_parse(admin, &override->admin))
		return false;
	override->end_sessions = end && override->admin == ADMIN_DRAIN;
	override->agent_ignored = ignored != 0;
	override->weight_set = weight >= 0;
	override->weight = weight >= 0 ? (uint16_t)weight : 0;
	return decode_notes(json_object_get(row, "notes"), same_start, now,
			    override);
}
