/* SPDX-License-Identifier: BSD-3-Clause */
#include "help.h"

#include <jansson.h>
#include <string.h>

#include "commandlist.h"

#define USAGE_MAX 96
#define COLUMN 34 /* where the explanations begin */

static const struct row {
	const char *words, *arguments, *help;
} rows[] = {
#define REPORT(id, words, arguments, least, most, help)                        \
	{words, arguments, help},
#define RUN(id, words, arguments, least, most, rest, help)                     \
	{words, arguments, help},
#define LOCAL(words, arguments, help) {words, arguments, help},
	COMMAND_LIST(REPORT, RUN, LOCAL)
#undef REPORT
#undef RUN
#undef LOCAL
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *
help_asked(const char *line, size_t *length)
{
	static const char *const marks[] = {"?", "-h", "--help"};
	const char *blank = strrchr(line, ' ');
	const char *last = blank != NULL ? blank + 1 : line;
	const size_t word = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (strcmp(last, marks[i]) != 0)
			continue;
		*length = (size_t)(last - line);
		while (*length > 0 && line[*length - 1] == ' ')
			--*length;
		return line;
	}
	if (word != strlen("help") || strncmp(line, "help", word) != 0)
		return NULL;
	line += word + strspn(line + word, " ");
	*length = strlen(line);
	return line;
}

static void
print_text(const struct row *row, FILE *out)
{
	char usage[USAGE_MAX];

	snprintf(usage, sizeof(usage), "%s %s", row->words, row->arguments);
	if (strlen(usage) > COLUMN) {
		fprintf(out, "%s\n", usage);
		usage[0] = '\0';
	}
	fprintf(out, "%-*s %s\n", COLUMN, usage, row->help);
}

bool
help_print(const char *words, size_t length, bool json, FILE *out)
{
	json_t *list = json_array();
	size_t found = 0;

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];

		if (strncmp(row->words, words, length) != 0)
			continue;
		found++;
		if (!json)
			print_text(row, out);
		json_array_append_new(
			list, json_pack("{s:s s:s s:s}", "command", row->words,
					"arguments", row->arguments, "help",
					row->help));
	}
	json_t *data = json_pack("{s:o}", "commands", list);
	if (json && found > 0) {
		json_dumpf(data, out, JSON_COMPACT);
		fputc('\n', out);
	}
	json_decref(data);
	return found > 0;
}
