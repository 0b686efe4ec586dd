/* SPDX-License-Identifier: BSD-3-Clause */
#include "character.h"

#include <stddef.h>
#include <string.h>

unsigned
character_read(const char *text, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *byte = (const unsigned char *)text;
	const unsigned bytes = byte[0] < 0x80   ? 1
			       : byte[0] < 0xc0 ? 0
			       : byte[0] < 0xe0 ? 2
			       : byte[0] < 0xf0 ? 3
			       : byte[0] < 0xf8 ? 4
						: 0;

	*character = bytes <= 1 ? byte[0] : byte[0] & (0x7fu >> bytes);
	for (unsigned i = 1; i < bytes; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0; /* also at the terminator */
		*character = *character << 6 | (byte[i] & 0x3f);
	}
	if (bytes == 0 || *character < least[bytes] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return bytes;
}

bool
character_is_shown(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},       {0x7f, 0x9f},
		{0xad, 0xad},       /* soft hyphen */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x200b, 0x200f},   /* of no width; directions */
		{0x2028, 0x202e},   /* lines, paragraphs; directions */
		{0x2060, 0x206f},   /* of no width; directions */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff9, 0xfffb},   /* interlinear notes */
		{0xe0000, 0xe007f}, /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return false;
	return true;
}

unsigned
character_shown_bytes(const char *text)
{
	const unsigned char first = (unsigned char)text[0];
	uint32_t character;

	if (first >= 0x20 && first < 0x7f)
		return 1;
	const unsigned bytes = character_read(text, &character);

	return bytes > 0 && character_is_shown(character) ? bytes : 0;
}

unsigned
character_hidden_bytes(const char *text)
{
	uint32_t character;
	const unsigned bytes = character_read(text, &character);

	return bytes > 0 ? bytes : 1;
}

void
character_make_shown(char *text)
{
	const char *from = text;

	while (*from != '\0') {
		const unsigned shown = character_shown_bytes(from);
		const unsigned bytes =
			shown > 0 ? shown : character_hidden_bytes(from);

		memmove(text, shown > 0 ? from : "?", shown > 0 ? shown : 1);
		text += shown > 0 ? shown : 1;
		from += bytes;
	}
	*text = '\0';
}
