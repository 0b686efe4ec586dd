/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CELL_H
#define MX_CELL_H

/* The text of one cell of a table, in UTF-8.  What strangers wrote, such as an
 * MTA's reply, cannot move the cursor, change colours or turn other text: what
 * character.h does not show becomes "?".
 * Threads    any. */
#include <jansson.h>
#include <stddef.h>

#define CELL_MAX 1024 /* bytes; a longer text ends in the mark */

/* What stands at the end of a text that was cut. */
#define CELL_MARK "..."

/* Write the text of a value: an array of texts is joined by commas; null and NULL
 * are "-". */
void cell_format(const json_t *value, char cell[static CELL_MAX]);

/* The characters of a text, each as wide as one.  Wide characters of East Asia
 * count as one too, so a line of them may be longer. */
size_t cell_width(const char *text);

/* Cut a text to so many characters, the last ones of which are the mark. */
void cell_cut(char *text, size_t width);

#endif /* MX_CELL_H */
