/* SPDX-License-Identifier: BSD-3-Clause */
#include "logsheet.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIRST_LINE "mxsteer-log 1"

const char *const logsheet_sink_words[] = {"off", "file", "syslog", "journald",
					   NULL};
const char *const logsheet_format_words[] = {"logfmt", "json", NULL};
const char *const logsheet_only_words[] = {"all", "failed", NULL};
const char *const logsheet_lines_words[] = {"both", "sessions", "changes",
					    NULL};
static_assert(sizeof(logsheet_lines_words) / sizeof(char *) ==
		      LOGSHEET_LINES + 1,
	      "one word each");

void
logsheet_set(struct logsheet_name *row, const char *name, uint32_t now_s)
{
	if (strcmp(row->now, name) == 0)
		return;
	if (row->now[0] != '\0')
		row->since_s = now_s;
	memcpy(row->before, row->now, sizeof(row->before));
	snprintf(row->now, sizeof(row->now), "%s", name);
}

const char *
logsheet_name(const struct logsheet_name *row, uint32_t opened_s)
{
	return opened_s < row->since_s ? row->before : row->now;
}

static void
write_rows(FILE *out, const char *what, const struct logsheet_name *rows,
	   unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (rows[i].now[0] != '\0')
			fprintf(out, "%s %u %" PRIu32 " %s %s\n", what, i,
				rows[i].since_s, rows[i].now,
				rows[i].before[0] != '\0' ? rows[i].before
							  : "-");
}

size_t
logsheet_write(const struct logsheet *sheet,
	       char text[static LOGSHEET_TEXT_MAX])
{
	FILE *out = fmemopen(text, LOGSHEET_TEXT_MAX, "w");

	if (out == NULL)
		return 0;
	fprintf(out,
		FIRST_LINE "\nsessions %s\nformat %s\nonly %s\nlines %s\n"
			   "services %" PRIx64 "\nfile %s\n",
		logsheet_sink_words[sheet->sessions],
		logsheet_format_words[sheet->format],
		logsheet_only_words[sheet->only],
		logsheet_lines_words[sheet->lines], sheet->services,
		sheet->file);
	write_rows(out, "service", sheet->service, MX_SERVICES_MAX);
	write_rows(out, "backend", sheet->backend, MX_BACKENDS_MAX + 1);
	fflush(out);
	const long length = ftell(out);
	const bool failed = ferror(out) != 0;
	return fclose(out) == 0 && !failed && length > 0 &&
			       length < LOGSHEET_TEXT_MAX - 1
		       ? (size_t)length
		       : 0;
}

/* The index of a word.  Returns false if the list does not have it. */
static bool
read_word(const char *text, const char *const *words, unsigned *value)
{
	for (unsigned i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0) {
			*value = i;
			return true;
		}
	return false;
}

static bool
read_row(const char *text, struct logsheet_name *rows, unsigned count)
{
	struct logsheet_name row;
	unsigned id;

	memset(&row, 0, sizeof(row));
	static_assert(LOGSHEET_NAME_MAX == 64, "63 of the format below");
	if (sscanf(text, "%u %" SCNu32 " %63s %63s", &id, &row.since_s, row.now,
		   row.before) != 4 ||
	    id >= count)
		return false;
	if (strcmp(row.before, "-") == 0)
		row.before[0] = '\0';
	rows[id] = row;
	return true;
}

static bool
read_line(struct logsheet *sheet, const char *key, const char *value)
{
	unsigned word = 0;

	if (strcmp(key, "service") == 0)
		return read_row(value, sheet->service, MX_SERVICES_MAX);
	if (strcmp(key, "backend") == 0)
		return read_row(value, sheet->backend, MX_BACKENDS_MAX + 1);
	if (strcmp(key, "services") == 0)
		return sscanf(value, "%" SCNx64, &sheet->services) == 1;
	if (strcmp(key, "file") == 0)
		return snprintf(sheet->file, sizeof(sheet->file), "%s", value) <
		       (int)sizeof(sheet->file);
	if (strcmp(key, "sessions") == 0) {
		const bool known = read_word(value, logsheet_sink_words, &word);
		sheet->sessions = (enum logsheet_sink)word;
		return known;
	}
	if (strcmp(key, "format") == 0) {
		const bool known =
			read_word(value, logsheet_format_words, &word);
		sheet->format = (enum logsheet_format)word;
		return known;
	}
	if (strcmp(key, "only") == 0) {
		const bool known = read_word(value, logsheet_only_words, &word);
		sheet->only = (enum logsheet_only)word;
		return known;
	}
	if (strcmp(key, "lines") == 0) {
		const bool known =
			read_word(value, logsheet_lines_words, &word);
		sheet->lines = (enum logsheet_lines)word;
		return known;
	}
	return true; /* of a later version */
}

bool
logsheet_read(struct logsheet *sheet, const char *text)
{
	char line[LOGSHEET_PATH_MAX + 32];

	memset(sheet, 0, sizeof(*sheet));
	for (unsigned number = 0; *text != '\0'; number++) {
		const size_t length = strcspn(text, "\n");

		if (length >= sizeof(line) || text[length] != '\n')
			return false;
		memcpy(line, text, length);
		line[length] = '\0';
		text += length + 1;
		if (number == 0 && strcmp(line, FIRST_LINE) != 0)
			return false;
		char *value = strchr(line, ' ');
		if (value == NULL)
			return false;
		*value++ = '\0';
		if (number > 0 && !read_line(sheet, line, value))
			return false;
	}
	return sheet->file[0] != '\0' || sheet->sessions != LOGSHEET_FILE;
}
