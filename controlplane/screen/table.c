/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "cell.h"
#include "plural.h"
#include "wrap.h"

/* Blanks between two columns. */
#define GAP 2

/* Columns of text are not cut below this to save a column that may give way. */
#define LAST_LEAST 40
#define TEXT_LEAST 48 /* "[ADDRESS]:PORT" of IPv6 is not longer */

/* One line of a table. */
struct line {
	FILE *out;
	size_t left; /* characters that the terminal has room for yet */
	size_t owed; /* blanks before the next cell */
};

static void
measure_row(struct table_job *job, const json_t *row)
{
	const struct table_column *columns = job->table->columns;
	char cell[CELL_MAX];

	for (size_t c = 0; c < job->table->count; c++) {
		struct table_shape *shape = &job->shape[c];
		const json_t *value = json_object_get(row, columns[c].key);

		cell_format(value, cell);
		const size_t width = cell_width(cell);
		if (width > shape->width)
			shape->width = width;
		shape->number |= json_is_number(value);
	}
}

/* The last column that is shown. */
static size_t
last_of(const struct table_job *job)
{
	size_t last = 0;

	for (size_t c = 0; c < job->table->count; c++)
		if (!job->shape[c].left_out)
			last = c;
	return last;
}

static size_t
lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How narrow a column may become: to save others, or at worst. */
static size_t
least_of(const struct table_job *job, size_t c, bool at_worst)
{
	const struct table_shape *shape = &job->shape[c];

	if (shape->number || job->table->columns[c].state)
		return shape->width;
	if (at_worst)
		return lesser(shape->width,
			      cell_width(job->table->columns[c].title));
	return lesser(shape->width,
		      c == last_of(job) ? LAST_LEAST : TEXT_LEAST);
}

/* The characters of a line. */
static size_t
line_width(const struct table_job *job)
{
	size_t width = 0;

	for (size_t c = 0; c < job->table->count; c++)
		if (!job->shape[c].left_out)
			width += (c > 0 ? GAP : 0) + job->shape[c].width;
	return width;
}

/* The least characters of a line, when columns are cut. */
static size_t
least_width(const struct table_job *job, bool at_worst)
{
	size_t width = 0;

	for (size_t c = 0; c < job->table->count; c++)
		if (!job->shape[c].left_out)
			width += (c > 0 ? GAP : 0) + least_of(job, c, at_worst);
	return width;
}

/* Take one character of the widest column that may be narrower.  Returns false if
 * none may. */
static bool
cut_widest(struct table_job *job, bool at_worst)
{
	struct table_shape *widest = NULL;

	for (size_t c = 0; c < job->table->count; c++) {
		struct table_shape *shape = &job->shape[c];

		if (!shape->left_out &&
		    shape->width > least_of(job, c, at_worst) &&
		    (widest == NULL || shape->width > widest->width))
			widest = shape;
	}
	if (widest != NULL)
		widest->width--;
	return widest != NULL;
}

/* The column that gives way next: the last one of the highest rank.  Returns
 * false if all that are left have to stay. */
static bool
find_giving_way(const struct table_job *job, size_t *found)
{
	uint8_t rank = 1;
	bool any = false;

	for (size_t c = 0; c < job->table->count; c++) {
		if (job->shape[c].left_out ||
		    job->table->columns[c].rank < rank)
			continue;
		rank = job->table->columns[c].rank;
		*found = c;
		any = true;
	}
	return any;
}

static void
fit(struct table_job *job)
{
	const size_t room = job->style->width;
	size_t c;

	if (room == 0)
		return;
	while (least_width(job, false) > room && find_giving_way(job, &c))
		job->shape[c].left_out = true;
	/* What would be off the screen is named instead. */
	while (least_width(job, true) > room && (c = last_of(job)) > 0)
		job->shape[c].left_out = true;
	while (line_width(job) > room && cut_widest(job, false))
		continue;
	while (line_width(job) > room && cut_widest(job, true))
		continue;
}

static struct line
line_begin(const struct table_job *job, FILE *out)
{
	const uint16_t width = job->style->width;

	return (struct line){.out = out, .left = width > 0 ? width : SIZE_MAX};
}

/* Print blanks that are owed, as far as there is room. */
static void
print_blanks(struct line *line)
{
	const size_t blanks = line->owed < line->left ? line->owed : line->left;

	fprintf(line->out, "%*s", (int)blanks, "");
	line->left -= blanks;
	line->owed = 0;
}

/* Print the text of a cell; cell is changed.  style: NULL if it has no
 * colour. */
static void
print_cell(struct line *line, char cell[static CELL_MAX],
	   const struct table_shape *shape, const struct table_style *style)
{
	const size_t width = cell_width(cell);
	const size_t pad = shape->width > width ? shape->width - width : 0;

	line->owed += shape->number ? pad : 0;
	print_blanks(line);
	cell_cut(cell, lesser(line->left, shape->width));
	line->left -= cell_width(cell);
	if (style != NULL)
		style_print(line->out, style, cell);
	else
		fputs(cell, line->out);
	line->owed = GAP + (shape->number ? 0 : pad);
}

/* row: NULL for the line of titles. */
static void
print_line(FILE *out, const struct table_job *job, const json_t *row)
{
	struct line line = line_begin(job, out);
	char cell[CELL_MAX];

	for (size_t c = 0; c < job->table->count && line.left > 0; c++) {
		const struct table_column *column = &job->table->columns[c];

		if (job->shape[c].left_out)
			continue;
		if (row == NULL)
			snprintf(cell, sizeof(cell), "%s", column->title);
		else
			cell_format(json_object_get(row, column->key), cell);
		print_cell(&line, cell, &job->shape[c],
			   column->state && row != NULL ? job->style : NULL);
	}
	fputc('\n', out);
}

/* Name the columns that were left out. */
static void
print_left_out(FILE *out, const struct table_job *job)
{
	char names[CELL_MAX] = "";
	size_t used = 0;

	for (size_t c = 0; c < job->table->count && used < sizeof(names); c++)
		if (job->shape[c].left_out)
			used += (size_t)snprintf(
				names + used, sizeof(names) - used, "%s%s",
				used == 0 ? "not shown, see -o: " : ", ",
				job->table->columns[c].title);
	if (used == 0)
		return;
	wrap_print(out, names, job->style->width, GAP, 0);
}

void
table_begin(struct table_job *job, FILE *out, const json_t *rows,
	    const struct table *table, const struct table_style *style)
{
	assert(table->count > 0 && table->count <= TABLE_COLUMNS_MAX);
	*job = (struct table_job){
		.out = out, .rows = rows, .table = table, .style = style};
	for (size_t c = 0; c < table->count; c++)
		job->shape[c].width = cell_width(table->columns[c].title);
}

/* Every row is measured: print the titles. */
static void
end_measuring(struct table_job *job)
{
	job->measured = true;
	job->row = 0;
	fit(job);
	print_line(job->out, job, NULL);
}

bool
table_go_on(struct table_job *job, size_t rows)
{
	const size_t count = json_array_size(job->rows);
	const size_t end = rows < count - job->row ? job->row + rows : count;

	for (; job->row < end; job->row++) {
		const json_t *row = json_array_get(job->rows, job->row);

		if (job->measured)
			print_line(job->out, job, row);
		else
			measure_row(job, row);
	}
	if (job->row < count)
		return true;
	if (!job->measured) {
		end_measuring(job);
		return true;
	}
	print_left_out(job->out, job);
	return false;
}

void
table_print(FILE *out, const json_t *rows, const struct table *table,
	    const struct table_style *style)
{
	struct table_job job;

	table_begin(&job, out, rows, table, style);
	while (table_go_on(&job, SIZE_MAX))
		continue;
}

void
table_print_fields(FILE *out, const json_t *object,
		   const struct table_column *columns, size_t count,
		   const struct table_style *style)
{
	char cell[CELL_MAX];
	int width = 0;

	for (size_t c = 0; c < count; c++)
		if ((int)strlen(columns[c].title) > width)
			width = (int)strlen(columns[c].title);
	for (size_t c = 0; c < count; c++) {
		cell_format(json_object_get(object, columns[c].key), cell);
		fprintf(out, "%-*s%*s", width, columns[c].title, GAP, "");
		wrap_print(out, cell, style->width, (size_t)width + GAP,
			   (size_t)width + GAP);
	}
}

const char *
table_age(int64_t seconds, char text[static TABLE_AGE_MAX])
{
	const int64_t s = seconds < 0           ? 0
			  : seconds > INT32_MAX ? INT32_MAX
						: seconds;

	if (s < 60)
		snprintf(text, TABLE_AGE_MAX, "%ds", (int)s);
	else if (s < 60 * 60)
		snprintf(text, TABLE_AGE_MAX, "%dm%ds", (int)(s / 60),
			 (int)(s % 60));
	else if (s < 24 * 60 * 60)
		snprintf(text, TABLE_AGE_MAX, "%dh%dm", (int)(s / 3600),
			 (int)(s / 60 % 60));
	else
		snprintf(text, TABLE_AGE_MAX, "%dd%dh", (int)(s / 86400),
			 (int)(s / 3600 % 24));
	return text;
}
