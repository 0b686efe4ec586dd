/* SPDX-License-Identifier: BSD-3-Clause */
#include "lineparts.h"

#include <string.h>
#include <time.h>

#include "character.h"

/* The end of the year 9999: RFC 3339 has no later one. */
#define LAST_MS (INT64_C(253402300800) * 1000 - 1)

void
part_seconds(struct text *text, int64_t wall_s)
{
	part_time(text,
		  wall_s < 0 || wall_s > LAST_MS / 1000 ? 0 : wall_s * 1000);
}

/* The date and the minute are kept from line to line. */
void
part_time(struct text *text, int64_t wall_ms)
{
	static int64_t kept_minute = -1;
	static char kept[32];

	if (wall_ms < 0 || wall_ms > LAST_MS)
		wall_ms = 0;
	const int64_t minute = wall_ms / 60000;
	const uint64_t rest = (uint64_t)(wall_ms % 60000);

	if (minute != kept_minute) {
		const time_t second = (time_t)(minute * 60);
		struct tm tm;

		gmtime_r(&second, &tm);
		strftime(kept, sizeof(kept), "%Y-%m-%dT%H:%M:", &tm);
		kept_minute = minute;
	}
	text_string(text, kept);
	text_number(text, rest / 1000, 2);
	text_byte(text, '.');
	text_number(text, rest % 1000, 3);
	text_byte(text, 'Z');
}

/* A quotation mark has its own escape. */
static void
put_printable(struct text *text, const char *value)
{
	while (*value != '\0') {
		const unsigned bytes = character_shown_bytes(value);

		if (*value == '"' || *value == '\\')
			text_byte(text, '\\');
		if (bytes == 0)
			text_byte(text, '?');
		else
			text_bytes(text, value, bytes);
		value += bytes == 0 ? character_hidden_bytes(value) : bytes;
	}
}

void
part_quoted(struct text *text, const char *value, bool always)
{
	const bool bare =
		!always && value[0] != '\0' && strpbrk(value, " =\"\\") == NULL;

	if (!bare)
		text_byte(text, '"');
	put_printable(text, value);
	if (!bare)
		text_byte(text, '"');
}

void
part_key(struct text *text, enum logsheet_format format, const char *name,
	 bool first)
{
	if (format == LOGSHEET_JSON) {
		text_bytes(text, first ? "{\"" : ",\"", 2);
		text_string(text, name);
		text_bytes(text, "\":", 2);
		return;
	}
	if (!first)
		text_byte(text, ' ');
	text_string(text, name);
	text_byte(text, '=');
}

void
part_end(struct text *text, enum logsheet_format format)
{
	if (format == LOGSHEET_JSON)
		text_byte(text, '}');
	text_byte(text, '\n');
}
