/* SPDX-License-Identifier: BSD-3-Clause */
#include "notejson.h"

#include <stdio.h>
#include <string.h>

json_t *
note_encode(const struct wish_note *note)
{
	json_t *row =
		json_pack("{s:s s:s s:I}", "who", note->who, "reason",
			  note->reason, "since", (json_int_t)note->since_s);
	const struct deadline *until = &note->until;

	if (row != NULL && deadline_is_set(until))
		json_object_set_new(row, "until",
				    json_pack("{s:I s:I s:I s:I}", "for",
					      (json_int_t)until->for_s, "at",
					      (json_int_t)until->at_s, "wall",
					      (json_int_t)until->wall_s,
					      "settle",
					      (json_int_t)until->settle_s));
	return row;
}

static bool
decode_until(json_t *until, bool same_start, const struct moment *now,
	     struct deadline *deadline)
{
	json_int_t whole, at, wall, settle;

	if (until == NULL)
		return true;
	if (json_unpack(until, "{s:I s:I s:I s:I}", "for", &whole, "at", &at,
			"wall", &wall, "settle", &settle) < 0)
		return false;
	const struct deadline saved = {
		.for_s = whole, .at_s = at, .wall_s = wall, .settle_s = settle};
	*deadline = deadline_recall(&saved, same_start, now);
	return deadline_is_set(deadline);
}

bool
note_decode(json_t *row, bool same_start, const struct moment *now,
	    struct wish_note *note)
{
	const char *who, *reason;
	json_int_t since;

	if (json_unpack(row, "{s:s s:s s:I}", "who", &who, "reason", &reason,
			"since", &since) < 0 ||
	    strlen(who) >= NOTE_WHO_MAX || !remark_is_text(reason) ||
	    since < 0 ||
	    !decode_until(json_object_get(row, "until"), same_start, now,
			  &note->until))
		return false;
	snprintf(note->who, sizeof(note->who), "%s", who);
	snprintf(note->reason, sizeof(note->reason), "%s", reason);
	note->since_s = since;
	return true;
}
