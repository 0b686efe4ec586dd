/* SPDX-License-Identifier: BSD-3-Clause */
#include "cell.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "character.h"

#define MARK_WIDTH (sizeof(CELL_MARK) - 1)

/* A byte that is not the first one of its character. */
static bool
continues(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Copy a text behind the used bytes of a cell.  Returns the bytes used now.  If
 * there is no room for all, the cell ends in the mark. */
static size_t
add_text(char cell[static CELL_MAX], size_t used, const char *text)
{
	while (*text != '\0' && used < CELL_MAX - 1) {
		const unsigned bytes = character_shown_bytes(text);

		if (bytes > CELL_MAX - 1 - used)
			break;
		memcpy(cell + used, bytes > 0 ? text : "?",
		       bytes > 0 ? bytes : 1);
		used += bytes > 0 ? bytes : 1;
		text += bytes > 0 ? bytes : character_hidden_bytes(text);
	}
	cell[used] = '\0';
	if (*text == '\0')
		return used;
	used -= MARK_WIDTH;
	while (used > 0 && continues(cell[used]))
		used--;
	memcpy(cell + used, CELL_MARK, sizeof(CELL_MARK));
	return CELL_MAX - 1;
}

static void
join_texts(const json_t *array, char cell[static CELL_MAX])
{
	size_t index;
	json_t *value;
	size_t used = 0;

	json_array_foreach(array, index, value) {
		const char *text = json_string_value(value);

		if (index > 0)
			used = add_text(cell, used, ",");
		used = add_text(cell, used, text != NULL ? text : "?");
	}
	if (used == 0)
		add_text(cell, 0, "-");
}

static void
dump_object(const json_t *object, char cell[static CELL_MAX])
{
	char *text = json_dumps(object, JSON_COMPACT);

	add_text(cell, 0, text != NULL ? text : "?");
	free(text);
}

void
cell_format(const json_t *value, char cell[static CELL_MAX])
{
	switch (value == NULL ? JSON_NULL : json_typeof(value)) {
	case JSON_STRING:
		add_text(cell, 0, json_string_value(value));
		break;
	case JSON_INTEGER:
		snprintf(cell, CELL_MAX, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		break;
	case JSON_REAL:
		snprintf(cell, CELL_MAX, "%.1f", json_real_value(value));
		break;
	case JSON_TRUE:
		add_text(cell, 0, "yes");
		break;
	case JSON_FALSE:
		add_text(cell, 0, "no");
		break;
	case JSON_ARRAY:
		join_texts(value, cell);
		break;
	case JSON_OBJECT:
		dump_object(value, cell);
		break;
	default:
		add_text(cell, 0, "-");
	}
}

size_t
cell_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += !continues(*text);
	return width;
}

/* The bytes of the first characters of a text. */
static size_t
bytes_of(const char *text, size_t characters)
{
	size_t bytes = 0;

	while (text[bytes] != '\0' &&
	       (continues(text[bytes]) || characters-- > 0))
		bytes++;
	return bytes;
}

void
cell_cut(char *text, size_t width)
{
	if (cell_width(text) <= width)
		return;
	if (width <= MARK_WIDTH) {
		memset(text, '.', width);
		text[width] = '\0';
		return;
	}
	strcpy(text + bytes_of(text, width - MARK_WIDTH), CELL_MARK);
}
