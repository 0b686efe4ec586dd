/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <assert.h>
#include <stdio.h>

#include "duration.h"

static const char *const names[] = {
	[WISH_ADMIN] = "admin",
	[WISH_WEIGHT] = "weight",
	[WISH_AGENT] = "agent",
};
static_assert(sizeof(names) / sizeof(names[0]) == WISH_KINDS,
	      "one name per kind");

const char *
wish_name(enum wish_kind kind)
{
	assert(kind < WISH_KINDS);
	return names[kind];
}

bool
override_wishes(const struct override *override, enum wish_kind kind)
{
	switch (kind) {
	case WISH_ADMIN:
		return override->admin != ADMIN_READY;
	case WISH_WEIGHT:
		return override->weight_set;
	case WISH_AGENT:
		return override->agent_ignored;
	default:
		return false;
	}
}

void
override_drop(struct override *override, enum wish_kind kind)
{
	switch (kind) {
	case WISH_ADMIN:
		override->admin = ADMIN_READY;
		override->end_sessions = false;
		break;
	case WISH_WEIGHT:
		override->weight_set = false;
		override->weight = 0;
		break;
	case WISH_AGENT:
		override->agent_ignored = false;
		break;
	default:
		assert(false);
	}
	override->note[kind] = (struct wish_note){.since_s = 0};
}

const char *
override_text(const struct override *override, enum wish_kind kind,
	      char text[static OVERRIDE_TEXT_MAX])
{
	if (kind == WISH_ADMIN)
		snprintf(text, OVERRIDE_TEXT_MAX, "%s%s",
			 admin_name(override->admin),
			 override->end_sessions ? ", sessions end" : "");
	else if (kind == WISH_WEIGHT)
		snprintf(text, OVERRIDE_TEXT_MAX, "weight %u",
			 override->weight);
	else
		snprintf(text, OVERRIDE_TEXT_MAX, "agent ignored");
	return text;
}

/* Returns text. */
static const char *
write_note(const char *who, const char *reason, const char *time,
	   char text[static NOTE_TEXT_MAX])
{
	const char *parts[] = {reason, who, time};
	int used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i][0] != '\0')
			used += snprintf(text + used,
					 NOTE_TEXT_MAX - (size_t)used, "%s%s",
					 used > 0 ? ", " : "", parts[i]);
	return text;
}

const char *
note_text(const struct wish_note *note, const struct moment *now,
	  char text[static NOTE_TEXT_MAX])
{
	char left[DURATION_TEXT_MAX], time[DURATION_TEXT_MAX + 8] = "";

	if (deadline_is_set(&note->until))
		snprintf(time, sizeof(time), "%s left",
			 duration_text(deadline_left_s(&note->until, now),
				       left));
	return write_note(note->who, note->reason, time, text);
}

const char *
note_why(const struct wish_note *note, char text[static NOTE_TEXT_MAX])
{
	char whole[DURATION_TEXT_MAX], time[DURATION_TEXT_MAX + 8] = "";

	if (deadline_is_set(&note->until))
		snprintf(time, sizeof(time), "for %s",
			 duration_text(note->until.for_s, whole));
	return write_note("", note->reason, time, text);
}
