/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COLUMNS_H
#define MX_COLUMNS_H

/* The columns that an operator chose by "-o KEY,KEY": keys of the rows, or
 * titles of the table.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdbool.h>

#include "table.h"

/* Room for the names of all columns. */
#define COLUMNS_WHY_MAX 2048

struct table_choice {
	struct table table; /* what to print */
	struct table_column columns[TABLE_COLUMNS_MAX];
	char text[2 * STYLE_COLUMNS_MAX]; /* keys and titles of columns */
};

/* Choose columns of one of the tables of a report.  tables[] ends with NULL.
 * data: of the report.  It is the first table that has all columns.  *choice
 * must not be copied.  Any word is a column of a table that has no row, if no
 * other table has it.
 * Returns false if no table has them all, with the reason in why[size]. */
bool columns_choose(struct table_choice *choice,
		    const struct table *const *tables, const json_t *data,
		    const char *list, char *why, size_t size);

#endif /* MX_COLUMNS_H */
