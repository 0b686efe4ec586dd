/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLE_H
#define MX_TABLE_H

/* Tables for people.  They are made of the JSON that programs get, so the two
 * cannot disagree.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 20

/* The characters of a line of table_print_folded(). */
#define TABLE_LINE_MAX 100

struct table_column {
	const char *key;   /* of the row's object */
	const char *title; /* with the unit, where there is one */
};

/* Print an array of objects as aligned columns under a header line: texts to
 * the left, numbers to the right; an array of texts is joined by commas, null
 * and a missing key are "-".  columns: at most TABLE_COLUMNS_MAX. */
void table_print(FILE *out, const json_t *rows,
		 const struct table_column *columns, size_t count);

/* The same for tables of many columns: those that do not fit a line are below,
 * after the first column again. */
void table_print_folded(FILE *out, const json_t *rows,
			const struct table_column *columns, size_t count);

/* Print one object as "title  value" lines. */
void table_print_fields(FILE *out, const json_t *object,
			const struct table_column *columns, size_t count);

#endif /* MX_TABLE_H */
