/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STYLE_H
#define MX_STYLE_H

/* How the one who asks wants text: as wide as his terminal, with or without
 * colour, and with the columns that he chose.  It never changes JSON.
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STYLE_WIDTH_MAX 4096
#define STYLE_COLUMNS_MAX 256
#define STYLE_WHY_MAX 128

/* Zeroed: text for a program, which has no width.  Nothing is cut then. */
struct table_style {
	uint16_t width; /* of the terminal, in characters; 0: there is none */
	bool colour;    /* words that tell of trouble have a colour */
	bool all;       /* no row is left out */
	char columns[STYLE_COLUMNS_MAX]; /* "KEY,KEY"; "": as the report has */
};

/* Set what one option says: 'w' with a number of characters, 'c', 'a', or 'o'
 * with the columns.  value: what follows an option that has one.
 * Returns false, with the reason in why, if the value is wrong. */
bool style_set(struct table_style *style, char option, const char *value,
	       char why[static STYLE_WHY_MAX]);

/* Has the option a value?  Returns false for an unknown one too. */
bool style_has_value(char option);

/* How bad a word such as "down" or "drain" is. */
enum style_mood {
	STYLE_WELL,
	STYLE_NOTICE,  /* somebody wants it so, or it will pass */
	STYLE_TROUBLE, /* somebody has to act */
};

enum style_mood style_mood(const char *word);

/* Print a word, in a colour if it is not well. */
void style_print(FILE *out, const struct table_style *style, const char *word);

#endif /* MX_STYLE_H */
