/* SPDX-License-Identifier: BSD-3-Clause */
#include "lineparts.h"

#include <string.h>
#include <time.h>

/* The date and the minute are kept from line to line. */
void
part_time(struct text *text, int64_t wall_ms)
{
	static int64_t kept_minute = -1;
	static char kept[32];
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

/* Bytes of the character that is there: 1 to 4; 0: it is not printable, or not
 * UTF-8 (RFC 3629). */
static unsigned
printable(const char *at)
{
	const unsigned char *byte = (const unsigned char *)at;
	const unsigned bytes = byte[0] < 0x80   ? 1
			       : byte[0] < 0xc2 ? 0
			       : byte[0] < 0xe0 ? 2
			       : byte[0] < 0xf0 ? 3
			       : byte[0] < 0xf5 ? 4
						: 0;

	if (bytes == 1)
		return byte[0] >= 0x20 && byte[0] != 0x7f;
	for (unsigned i = 1; i < bytes; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	/* Control characters, characters that are longer than need be,
	 * surrogates, and what is behind the last character. */
	if ((byte[0] == 0xc2 && byte[1] < 0xa0) ||
	    (byte[0] == 0xe0 && byte[1] < 0xa0) ||
	    (byte[0] == 0xed && byte[1] >= 0xa0) ||
	    (byte[0] == 0xf0 && byte[1] < 0x90) ||
	    (byte[0] == 0xf4 && byte[1] >= 0x90))
		return 0;
	return bytes;
}

/* A quotation mark has its own escape. */
static void
put_printable(struct text *text, const char *value)
{
	while (*value != '\0') {
		const unsigned bytes = printable(value);

		if (*value == '"' || *value == '\\')
			text_byte(text, '\\');
		if (bytes == 0)
			text_byte(text, '?');
		else
			text_bytes(text, value, bytes);
		value += bytes == 0 ? 1 : bytes;
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
