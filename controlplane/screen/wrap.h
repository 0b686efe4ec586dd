/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WRAP_H
#define MX_WRAP_H

/* A text in lines that fit a terminal.
 * Threads    any. */
#include <stddef.h>
#include <stdio.h>

/* Print a text and the end of its last line.  A line that would be wider than the
 * terminal ends at a blank, and the next one begins with so many blanks.  A word,
 * or what stands in [brackets], that fits no line is whole in a line of its own.
 * width: of the terminal; 0: there is none, and the text is one line.
 * used: characters that the first line has already. */
void wrap_print(FILE *out, const char *text, size_t width, size_t indent,
		size_t used);

#endif /* MX_WRAP_H */
