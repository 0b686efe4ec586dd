/* SPDX-License-Identifier: BSD-3-Clause */
#include "columns.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Letters of either case are the same, and blanks, '-' and '_' are. */
static char
plain(char c)
{
	return c == ' ' || c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static bool
is_named(const char *name, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (name[i] == '\0' || plain(name[i]) != plain(word[i]))
			return false;
	return name[length] == '\0';
}

/* The key of a row that has the name; or NULL. */
static const char *
find_key(const json_t *rows, const char *word, size_t length)
{
	json_t *row = json_array_get(rows, 0);
	json_t *value;
	const char *key;

	json_object_foreach(row, key, value)
		if (is_named(key, word, length))
			return key;
	return NULL;
}

/* Make a column of a key that the table does not have: its title is the key in
 * capitals. *text: room for both. */
static struct table_column
column_of_key(const char *key, size_t length, char **text)
{
	const size_t size = length + 1;
	const struct table_column column = {.key = *text,
					    .title = *text + size};

	memcpy(*text, key, length);
	for (size_t i = 0; i < length; i++)
		(*text)[size + i] =
			key[i] == '_' ? ' '
				      : (char)toupper((unsigned char)key[i]);
	(*text)[length] = (*text)[size + length] = '\0';
	*text += 2 * size;
	return column;
}

/* rows: NULL if any word may be a key. */
static bool
add_column(struct table_choice *choice, const struct table *table,
	   const json_t *rows, const char *word, char **text)
{
	const size_t length = strcspn(word, ",");
	struct table_column *column = &choice->columns[choice->table.count];
	const char *key;

	for (size_t c = 0; c < table->count; c++) {
		*column = table->columns[c];
		column->rank = 0; /* it was asked for */
		if (is_named(column->key, word, length) ||
		    is_named(column->title, word, length)) {
			choice->table.count++;
			return true;
		}
	}
	key = rows != NULL ? find_key(rows, word, length) : word;
	if (key == NULL || length == 0)
		return false;
	*column = column_of_key(key, length, text);
	choice->table.count++;
	return true;
}

/* Take the columns of one table.  Returns the first word that is none of its
 * columns, or NULL if all are. */
static const char *
take_columns(struct table_choice *choice, const struct table *table,
	     const json_t *rows, const char *list)
{
	char *text = choice->text;

	choice->table = (struct table){table->rows, choice->columns, 0};
	for (const char *word = list;; word += strcspn(word, ",") + 1) {
		if (choice->table.count == TABLE_COLUMNS_MAX ||
		    !add_column(choice, table, rows, word, &text))
			return word;
		if (word[strcspn(word, ",")] == '\0')
			return NULL;
	}
}

/* Say which columns a table has, and then which other keys its rows have. */
static void
describe(const struct table *table, const json_t *rows, const char *word,
	 char *why, size_t size)
{
	json_t *row = json_array_get(rows, 0);
	json_t *value;
	const char *key;
	size_t used = (size_t)snprintf(why, size,
				       "-o: no column %.*s; expected "
				       "some of: ",
				       (int)strcspn(word, ","), word);

	for (size_t c = 0; c < table->count && used < size; c++)
		used += (size_t)snprintf(why + used, size - used, "%s%s",
					 c > 0 ? ", " : "",
					 table->columns[c].key);
	json_object_foreach(row, key, value) {
		bool shown = false;

		for (size_t c = 0; c < table->count; c++)
			shown |= strcmp(table->columns[c].key, key) == 0;
		if (!shown && used < size)
			used += (size_t)snprintf(why + used, size - used,
						 ", %s", key);
	}
}

/* Has a list more columns than a table? */
static bool
is_too_long(const char *list)
{
	size_t count = 1;

	for (; *list != '\0'; list++)
		count += *list == ',';
	return count > TABLE_COLUMNS_MAX;
}

bool
columns_choose(struct table_choice *choice, const struct table *const *tables,
	       const json_t *data, const char *list, char *why, size_t size)
{
	const char *wrong = NULL;
	const json_t *rows;

	for (size_t i = 0; tables[i] != NULL; i++) {
		rows = json_object_get(data, tables[i]->rows);
		const char *word = take_columns(choice, tables[i], rows, list);

		if (word == NULL)
			return true;
		if (i == 0)
			wrong = word;
	}
	/* Nobody knows which keys the rows of an empty table would have. */
	for (size_t i = 0; tables[i] != NULL; i++) {
		rows = json_object_get(data, tables[i]->rows);
		if (json_array_size(rows) == 0 &&
		    take_columns(choice, tables[i], NULL, list) == NULL)
			return true;
	}
	if (wrong != NULL && is_too_long(list))
		snprintf(why, size, "-o: expected at most %d columns",
			 TABLE_COLUMNS_MAX);
	else if (wrong != NULL)
		describe(tables[0], json_object_get(data, tables[0]->rows),
			 wrong, why, size);
	else
		snprintf(why, size,
			 "-o: this command has no table to choose columns of");
	return false;
}
