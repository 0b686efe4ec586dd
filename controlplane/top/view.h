/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VIEW_H
#define MX_VIEW_H

/* The views of the live screen: which columns each has, and what a cell of one
 * says.
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell.h"
#include "sample.h"

/* The first views are the lists of a sample. */
enum view_id {
	VIEW_SERVICES = SAMPLE_SERVICES,
	VIEW_POOLS = SAMPLE_POOLS,
	VIEW_MTAS = SAMPLE_MTAS,
	VIEW_WORKERS = SAMPLE_WORKERS,
	VIEW_EVENTS, /* text that the control plane makes */
	VIEWS,
};

#define VIEW_COLUMNS_MAX 20

enum view_kind {
	VIEW_TEXT,
	VIEW_STATE, /* a word of style.h */
	VIEW_COUNT,
	VIEW_NUMBER, /* a measured one */
	VIEW_RATE,
	VIEW_BAD_RATE, /* more than 0 is trouble */
	VIEW_AGE,      /* since key */
	VIEW_PART,     /* serving of members */
	VIEW_LINE,     /* the last values */
	VIEW_LAST,     /* a text that takes the rest of the line */
};

struct view_column {
	const char *title;
	const char *key; /* of the row */
	enum view_kind kind;
	uint8_t width;
	uint8_t rank; /* the highest gives way first; 0 stays */
};

struct view {
	const char *title;
	const char *about; /* the rows: "MTAs" */
	const struct view_column *columns;
	size_t count;
};

/* VIEW_EVENTS has no columns. */
const struct view *view_get(enum view_id id);

/* Write the text of a cell. */
void view_cell(const struct sample *sample, enum view_id id,
	       const struct view_column *column, const json_t *row,
	       char cell[static CELL_MAX]);

/* What a row is sorted by in a column of numbers: NAN where there is none.
 * Returns false for a column of texts, which is sorted by its cells. */
bool view_number(const struct sample *sample, enum view_id id,
		 const struct view_column *column, const json_t *row,
		 double *number);

/* How bad a row is: 0 to 2. */
int view_badness(enum view_id id, const json_t *row);

#endif /* MX_VIEW_H */
