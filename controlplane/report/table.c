/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define CELL_MAX 256

/* Blanks between two columns, as print_cell() writes them. */
#define CELL_GAP 2

static void
join_texts(const json_t *array, char cell[static CELL_MAX])
{
	size_t index;
	json_t *value;
	size_t used = 0;

	cell[0] = '\0';
	json_array_foreach(array, index, value) {
		const char *text = json_string_value(value);
		const int wrote =
			snprintf(cell + used, CELL_MAX - used, "%s%s",
				 index > 0 ? "," : "", text ? text : "?");
		used += (size_t)wrote;
		if (used >= CELL_MAX)
			return; /* cut short: the JSON has it all */
	}
	if (used == 0)
		snprintf(cell, CELL_MAX, "-");
}

/* The text of one value in cell[CELL_MAX]. */
static void
format_cell(const json_t *value, char cell[static CELL_MAX])
{
	switch (value == NULL ? JSON_NULL : json_typeof(value)) {
	case JSON_STRING:
		snprintf(cell, CELL_MAX, "%s", json_string_value(value));
		break;
	case JSON_INTEGER:
		snprintf(cell, CELL_MAX, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		break;
	case JSON_REAL:
		snprintf(cell, CELL_MAX, "%.1f", json_real_value(value));
		break;
	case JSON_TRUE:
		snprintf(cell, CELL_MAX, "yes");
		break;
	case JSON_FALSE:
		snprintf(cell, CELL_MAX, "no");
		break;
	case JSON_ARRAY:
		join_texts(value, cell);
		break;
	default:
		snprintf(cell, CELL_MAX, "-");
	}
}

struct shape {
	int width;
	bool number;
};

static void
measure(const json_t *rows, const struct table_column *columns, size_t count,
	struct shape *shapes)
{
	char cell[CELL_MAX];
	size_t index;
	json_t *row;

	for (size_t c = 0; c < count; c++)
		shapes[c].width = (int)strlen(columns[c].title);
	json_array_foreach(rows, index, row) {
		for (size_t c = 0; c < count; c++) {
			const json_t *value =
				json_object_get(row, columns[c].key);
			format_cell(value, cell);
			const int width = (int)strlen(cell);
			if (width > shapes[c].width)
				shapes[c].width = width;
			shapes[c].number |= json_is_number(value);
		}
	}
}

static void
print_cell(FILE *out, const char *text, const struct shape *shape, bool last)
{
	if (shape->number)
		fprintf(out, "%*s", shape->width, text);
	else if (last)
		fputs(text, out); /* no blanks at the end of a line */
	else
		fprintf(out, "%-*s", shape->width, text);
	fputs(last ? "\n" : "  ", out);
}

/* Print column 0, and the columns from `first` up to `end`. */
static void
print_part(FILE *out, const json_t *rows, const struct table_column *columns,
	   const struct shape *shapes, size_t first, size_t end)
{
	char cell[CELL_MAX];
	size_t index;
	json_t *row;

	print_cell(out, columns[0].title, &shapes[0], end == 1);
	for (size_t c = first; c < end; c++)
		print_cell(out, columns[c].title, &shapes[c], c + 1 == end);
	json_array_foreach(rows, index, row) {
		format_cell(json_object_get(row, columns[0].key), cell);
		print_cell(out, cell, &shapes[0], end == 1);
		for (size_t c = first; c < end; c++) {
			format_cell(json_object_get(row, columns[c].key), cell);
			print_cell(out, cell, &shapes[c], c + 1 == end);
		}
	}
}

void
table_print(FILE *out, const json_t *rows, const struct table_column *columns,
	    size_t count)
{
	struct shape shapes[TABLE_COLUMNS_MAX] = {0};

	assert(count > 0 && count <= TABLE_COLUMNS_MAX);
	measure(rows, columns, count, shapes);
	print_part(out, rows, columns, shapes, 1, count);
}

/* The end of the columns from `first` on that a line has room for, one at
 * least. */
static size_t
part_end(const struct shape *shapes, size_t first, size_t count)
{
	int width = shapes[0].width + CELL_GAP + shapes[first].width;
	size_t end = first + 1;

	while (end < count &&
	       width + CELL_GAP + shapes[end].width <= TABLE_LINE_MAX)
		width += CELL_GAP + shapes[end++].width;
	return end;
}

void
table_print_folded(FILE *out, const json_t *rows,
		   const struct table_column *columns, size_t count)
{
	struct shape shapes[TABLE_COLUMNS_MAX] = {0};
	size_t end = 1;

	assert(count > 1 && count <= TABLE_COLUMNS_MAX);
	measure(rows, columns, count, shapes);
	while (end < count) {
		const size_t first = end;

		if (first > 1)
			fputc('\n', out);
		end = part_end(shapes, first, count);
		print_part(out, rows, columns, shapes, first, end);
	}
}

void
table_print_fields(FILE *out, const json_t *object,
		   const struct table_column *columns, size_t count)
{
	char cell[CELL_MAX];
	int width = 0;

	for (size_t c = 0; c < count; c++)
		if ((int)strlen(columns[c].title) > width)
			width = (int)strlen(columns[c].title);
	for (size_t c = 0; c < count; c++) {
		format_cell(json_object_get(object, columns[c].key), cell);
		fprintf(out, "%-*s  %s\n", width, columns[c].title, cell);
	}
}
