/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLE_H
#define MX_TABLE_H

/* Tables for people.  They are made of the JSON that programs get, so the two
 * cannot disagree.
 *
 * A terminal gets lines that fit it: columns of a high rank are left out first,
 * then columns of text are cut, the widest first, and at last columns at the end
 * are left out, too.  A line below the table names the columns that were left
 * out.  Without a terminal every column is whole.
 *
 * Threads    the event loop. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "style.h"

#define TABLE_COLUMNS_MAX 24

struct table_column {
	const char *key;   /* of the row's object */
	const char *title; /* with the unit, where there is one */
	uint8_t rank;      /* the highest gives way first; 0 stays */
	bool state;        /* its words have colours, see style.h */
};

struct table {
	const char *rows; /* the key of the rows in a report's data */
	const struct table_column *columns;
	size_t count; /* at most TABLE_COLUMNS_MAX */
};

#define TABLE(rows, columns)                                                   \
	{                                                                      \
		rows, columns, sizeof(columns) / sizeof((columns)[0])          \
	}

/* Print an array of objects as aligned columns under a header line: texts to
 * the left, numbers to the right; see cell.h.  style: its columns do not
 * count, see columns.h. */
void table_print(FILE *out, const json_t *rows, const struct table *table,
		 const struct table_style *style);

/* A table that is printed in parts: first its rows are measured, then printed. */
struct table_job {
	FILE *out;
	const json_t *rows;
	const struct table *table;
	const struct table_style *style;
	struct table_shape {
		size_t width;
		bool number;
		bool left_out;
	} shape[TABLE_COLUMNS_MAX];
	size_t row; /* the next one */
	bool measured;
};

/* Begin one.  What it points to must stay.  A row that is printed is not read
 * again. */
void table_begin(struct table_job *job, FILE *out, const json_t *rows,
		 const struct table *table, const struct table_style *style);

/* Go through up to so many rows.  Returns false when the table is printed. */
bool table_go_on(struct table_job *job, size_t rows);

/* Print one object as "title  value" lines.  They are never cut: a long one goes on
 * in the next line of a terminal. */
void table_print_fields(FILE *out, const json_t *object,
			const struct table_column *columns, size_t count,
			const struct table_style *style);

#define TABLE_AGE_MAX 16

/* How long, in two units: "12s", "5m3s", "4h12m", "3d4h".  Less than nothing is
 * "0s": a clock was set back.  Returns text. */
const char *table_age(int64_t seconds, char text[static TABLE_AGE_MAX]);

#endif /* MX_TABLE_H */
