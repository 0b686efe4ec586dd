/* SPDX-License-Identifier: BSD-3-Clause */
#include "textpieces.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"

/* The clock is read once for so many rows, some 0.1 ms. */
#define CLOCK_ROWS 32

struct text_pieces {
	const struct report_slices *around; /* NULL: nothing is printed there */
	json_t *data;
	json_t *rows;
	struct table_style style;
	struct table_choice choice;
	struct table_job job;
	FILE *out;
	char *text;
	size_t length;
};

static void
begin_table(struct text_pieces *pieces, const struct table *table)
{
	pieces->rows = json_object_get(pieces->data, table->rows);
	table_begin(&pieces->job, pieces->out, pieces->rows, table,
		    &pieces->style);
}

/* Choose the columns, or take those of the report with what is around them. */
static bool
begin(struct text_pieces *pieces, const struct report *report,
      char why[static COLUMNS_WHY_MAX])
{
	if (pieces->style.columns[0] == '\0') {
		pieces->around = report->slices;
		report->slices->head(pieces->out, pieces->data);
		begin_table(pieces, report->tables[0]);
		return true;
	}
	if (!columns_choose(&pieces->choice, report->tables, pieces->data,
			    pieces->style.columns, why, COLUMNS_WHY_MAX))
		return false;
	begin_table(pieces, &pieces->choice.table);
	return true;
}

struct text_pieces *
text_pieces_new(const struct report *report, json_t *data,
		const struct table_style *style,
		char why[static COLUMNS_WHY_MAX])
{
	struct text_pieces *pieces = calloc(1, sizeof(*pieces));

	assert(report->slices->head != NULL && report->complete == NULL);
	why[0] = '\0';
	if (pieces != NULL)
		pieces->out = open_memstream(&pieces->text, &pieces->length);
	if (pieces == NULL || pieces->out == NULL) {
		json_decref(data);
		free(pieces);
		return NULL;
	}
	pieces->data = data;
	pieces->style = *style;
	if (begin(pieces, report, why))
		return pieces;
	free(text_pieces_end(pieces));
	return NULL;
}

/* Print some rows, and free them.  Returns false when the table is printed. */
static bool
print_rows(struct text_pieces *pieces)
{
	const size_t first = pieces->job.row;
	const bool prints = pieces->job.measured;
	const bool more = table_go_on(&pieces->job, CLOCK_ROWS);

	for (size_t row = first; prints && row < pieces->job.row; row++)
		json_array_set_new(pieces->rows, row, json_null());
	return more;
}

bool
text_pieces_more(struct text_pieces *pieces)
{
	const uint64_t until_ns = clock_ns() + TEXT_PIECE_MS * CLOCK_NS_PER_MS;

	/* A report without rows has no titles either. */
	if (pieces->around == NULL || json_array_size(pieces->rows) > 0)
		while (print_rows(pieces))
			if (clock_ns() >= until_ns)
				return true;
	if (pieces->around != NULL)
		pieces->around->foot(pieces->out, pieces->data);
	return false;
}

char *
text_pieces_end(struct text_pieces *pieces)
{
	const bool lost = fclose(pieces->out) != 0;
	char *text = pieces->text;

	if (lost) {
		free(text);
		text = NULL;
	}
	json_decref(pieces->data);
	free(pieces);
	return text;
}
