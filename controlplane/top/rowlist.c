/* SPDX-License-Identifier: BSD-3-Clause */
#include "rowlist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row, and what it is compared by. */
struct entry {
	const json_t *row;
	const char *text; /* NULL: by the number */
	double number;    /* the greatest comes first */
	size_t index;
};

/* Does a word that people see contain the filter? */
static bool
passes(const json_t *row, const char *filter)
{
	static const char *const keys[] = {"name",   "pool",  "state",
					   "health", "admin", "address",
					   "reason"};

	if (*filter == '\0')
		return true;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcasestr(sample_text(row, keys[i]), filter) != NULL)
			return true;
	return false;
}

static void
weigh(struct entry *entry, const struct sample *sample,
      const struct rowlist_wish *wish)
{
	const struct view *view = view_get(wish->view);

	if (wish->column == ROWLIST_TROUBLE) {
		entry->number = view_badness(wish->view, entry->row);
		return;
	}
	const struct view_column *column = &view->columns[wish->column];
	if (!view_number(sample, wish->view, column, entry->row,
			 &entry->number))
		entry->text = sample_text(entry->row, column->key);
	/* A row without a value comes last in both orders. */
	if (wish->upward)
		entry->number = -entry->number;
	if (isnan(entry->number))
		entry->number = -INFINITY;
}

static int
compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->text != NULL && b->text != NULL && strcmp(a->text, b->text) != 0)
		return strcmp(a->text, b->text);
	if (a->number != b->number)
		return a->number > b->number ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static void
reverse(struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		const struct entry first = entries[i];

		entries[i] = entries[count - 1 - i];
		entries[count - 1 - i] = first;
	}
}

bool
rowlist_make(struct rowlist *list, const struct sample *sample,
	     const struct rowlist_wish *wish)
{
	const json_t *rows = sample_rows(sample, (enum sample_list)wish->view);
	const size_t size = json_array_size(rows) + 1;
	struct entry *entries = calloc(size, sizeof(*entries));
	json_t *row;
	size_t i;

	*list = (struct rowlist){.row = calloc(size, sizeof(const json_t *))};
	if (entries == NULL || list->row == NULL) {
		free(entries);
		rowlist_free(list);
		return false;
	}
	json_array_foreach(rows, i, row) {
		if (!passes(row, wish->filter))
			continue;
		entries[list->count] = (struct entry){.row = row, .index = i};
		weigh(&entries[list->count++], sample, wish);
	}
	qsort(entries, list->count, sizeof(*entries), compare);
	if (wish->upward && list->count > 0 && entries[0].text != NULL)
		reverse(entries, list->count);
	for (i = 0; i < list->count; i++)
		list->row[i] = entries[i].row;
	free(entries);
	return true;
}

void
rowlist_free(struct rowlist *list)
{
	free(list->row);
	*list = (struct rowlist){0};
}

size_t
rowlist_find(const struct rowlist *list, const char *name)
{
	size_t i = 0;

	while (i < list->count &&
	       strcmp(sample_text(list->row[i], "name"), name) != 0)
		i++;
	return i;
}
