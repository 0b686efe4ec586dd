/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CANVAS_H
#define MX_CANVAS_H

/* A screen before it is shown: lines of styled text, each as wide as the terminal
 * at most.
 *
 * Whatever text is put, a line never has a control character, nor more characters
 * than fit.  A character counts as one column.
 * Threads    one. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CANVAS_WIDTH_MAX 512
#define CANVAS_HEIGHT_MAX 4096
#define CANVAS_LINE_MAX 4096 /* bytes, with styles */

/* Styles are a bit mask. */
#define CANVAS_PLAIN 0u
#define CANVAS_BOLD 1u
#define CANVAS_DIM 2u
#define CANVAS_REVERSE 4u
#define CANVAS_RED 8u
#define CANVAS_YELLOW 16u
#define CANVAS_GREEN 32u
#define CANVAS_CYAN 64u

struct canvas_line {
	char text[CANVAS_LINE_MAX];
	size_t used;
	uint16_t columns; /* that have a character */
};

/* What the reader of the text understands. */
struct canvas_reader {
	bool styles; /* bold, and so on; false: text for a file */
	bool colour;
	bool utf8;
};

struct canvas {
	uint16_t width, height;
	struct canvas_reader reader;
	struct canvas_line *line;
};

/* Returns false if there is no memory.  What is larger than the maximum is cut. */
bool canvas_begin(struct canvas *canvas, unsigned width, unsigned height,
		  struct canvas_reader reader);
void canvas_end(struct canvas *canvas);

/* Put text behind what the line has.  A line below the screen is none. */
void canvas_put(struct canvas *canvas, unsigned y, unsigned style,
		const char *text);
void canvas_format(struct canvas *canvas, unsigned y, unsigned style,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Put a text into so many columns, at their left or right; a text that is longer
 * ends in the mark of cell.h. */
void canvas_put_left(struct canvas *canvas, unsigned y, unsigned style,
		     const char *text, size_t columns);
void canvas_put_right(struct canvas *canvas, unsigned y, unsigned style,
		      const char *text, size_t columns);

/* Put blanks up to a column; put a text at the right end of the line, if it fits
 * there. */
void canvas_pad(struct canvas *canvas, unsigned y, unsigned style,
		unsigned column);
void canvas_put_end(struct canvas *canvas, unsigned y, unsigned style,
		    const char *text);

/* The columns that a line still has. */
unsigned canvas_left(const struct canvas *canvas, unsigned y);

#endif /* MX_CANVAS_H */
