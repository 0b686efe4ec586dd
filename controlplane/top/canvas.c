/* SPDX-License-Identifier: BSD-3-Clause */
#include "canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "character.h"

/* The bytes of the longest sequence of styles, and of its end. */
#define STYLE_BYTES_MAX 32

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

bool
canvas_begin(struct canvas *canvas, unsigned width, unsigned height,
	     struct canvas_reader reader)
{
	*canvas = (struct canvas){
		.width = (uint16_t)least(width, CANVAS_WIDTH_MAX),
		.height = (uint16_t)least(height, CANVAS_HEIGHT_MAX),
		.reader = reader,
	};
	canvas->line = calloc(canvas->height, sizeof(*canvas->line));
	return canvas->line != NULL;
}

void
canvas_end(struct canvas *canvas)
{
	free(canvas->line);
	canvas->line = NULL;
	canvas->height = 0;
}

/* Write the sequence of ECMA-48 that begins a style; "" if there is none. */
static void
write_style(const struct canvas_reader *reader, unsigned style,
	    char text[static STYLE_BYTES_MAX])
{
	static const struct {
		unsigned style;
		bool colour;
		const char *number;
	} numbers[] = {
		{CANVAS_BOLD, false, ";1"},    {CANVAS_DIM, false, ";2"},
		{CANVAS_REVERSE, false, ";7"}, {CANVAS_RED, true, ";31"},
		{CANVAS_YELLOW, true, ";33"},  {CANVAS_GREEN, true, ";32"},
		{CANVAS_CYAN, true, ";36"},
	};
	char *end = stpcpy(text, "\033[0");

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if ((style & numbers[i].style) != 0 &&
		    (reader->colour || !numbers[i].colour))
			end = stpcpy(end, numbers[i].number);
	strcpy(end, "m");
	if (!reader->styles || style == CANVAS_PLAIN)
		text[0] = '\0';
}

/* Add one character.  Returns the bytes of the text that it took. */
static size_t
add_character(struct canvas_line *line, const char *text, bool utf8)
{
	const unsigned bytes = character_shown_bytes(text);
	const bool plain = bytes == 0 || (bytes > 1 && !utf8);

	memcpy(&line->text[line->used], plain ? "?" : text, plain ? 1 : bytes);
	line->used += plain ? 1 : bytes;
	line->columns++;
	return bytes > 0 ? bytes : character_hidden_bytes(text);
}

void
canvas_put(struct canvas *canvas, unsigned y, unsigned style, const char *text)
{
	char begin[STYLE_BYTES_MAX];

	if (y >= canvas->height || *text == '\0' || canvas_left(canvas, y) == 0)
		return;
	struct canvas_line *line = &canvas->line[y];
	write_style(&canvas->reader, style, begin);
	const char *end = begin[0] != '\0' ? "\033[0m" : "";
	if (line->used + 2 * STYLE_BYTES_MAX > sizeof(line->text))
		return;
	line->used += strlen(strcpy(&line->text[line->used], begin));
	while (*text != '\0' && line->columns < canvas->width &&
	       line->used + STYLE_BYTES_MAX < sizeof(line->text))
		text += add_character(line, text, canvas->reader.utf8);
	line->used += strlen(strcpy(&line->text[line->used], end));
}

void
canvas_format(struct canvas *canvas, unsigned y, unsigned style,
	      const char *format, ...)
{
	char text[CELL_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	canvas_put(canvas, y, style, text);
}

unsigned
canvas_left(const struct canvas *canvas, unsigned y)
{
	if (y >= canvas->height)
		return 0;
	return (unsigned)canvas->width - canvas->line[y].columns;
}

void
canvas_pad(struct canvas *canvas, unsigned y, unsigned style, unsigned column)
{
	char blanks[CANVAS_WIDTH_MAX + 1];

	if (y >= canvas->height || column <= canvas->line[y].columns)
		return;
	const size_t count =
		least(column - canvas->line[y].columns, canvas_left(canvas, y));
	memset(blanks, ' ', count);
	blanks[count] = '\0';
	canvas_put(canvas, y, style, blanks);
}

/* Write the text cut to so many columns.  Returns how many blanks it leaves. */
static size_t
fit(const char *text, size_t columns, char cut[static CELL_MAX])
{
	snprintf(cut, CELL_MAX, "%s", text);
	cell_cut(cut, columns);
	return columns - cell_width(cut);
}

void
canvas_put_left(struct canvas *canvas, unsigned y, unsigned style,
		const char *text, size_t columns)
{
	char cut[CELL_MAX];
	const size_t blanks = fit(text, columns, cut);

	canvas_put(canvas, y, style, cut);
	canvas_format(canvas, y, style, "%*s", (int)blanks, "");
}

void
canvas_put_right(struct canvas *canvas, unsigned y, unsigned style,
		 const char *text, size_t columns)
{
	char cut[CELL_MAX];
	const size_t blanks = fit(text, columns, cut);

	canvas_format(canvas, y, style, "%*s", (int)blanks, "");
	canvas_put(canvas, y, style, cut);
}

void
canvas_put_end(struct canvas *canvas, unsigned y, unsigned style,
	       const char *text)
{
	const size_t width = cell_width(text);

	if (width > canvas_left(canvas, y))
		return;
	canvas_pad(canvas, y, style, canvas->width - (unsigned)width);
	canvas_put(canvas, y, style, text);
}
