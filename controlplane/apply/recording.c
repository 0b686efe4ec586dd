/* SPDX-License-Identifier: BSD-3-Clause */
#include "recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "difference.h"
#include "eventlog.h"
#include "historyfile.h"
#include "rehearsal.h"

/* Differences that are written out; further ones are only counted. */
#define LINES_MAX 12
#define VALUE_BYTES_MAX 120

struct lines {
	FILE *out;
	int count;
};

/* How many bytes of a text in UTF-8 are shown.  No letter is cut in the middle. */
static int
shown(const char *value)
{
	size_t length = strnlen(value, VALUE_BYTES_MAX + 1);

	if (length <= VALUE_BYTES_MAX)
		return (int)length;
	do
		length--;
	while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80);
	return (int)length;
}

static void
add_line(void *arg, const char *path, const char *before, const char *after)
{
	struct lines *lines = arg;

	if (lines->count++ >= LINES_MAX)
		return;
	fprintf(lines->out, "%s%s: ", lines->count > 1 ? "\n" : "", path);
	if (before == NULL)
		fprintf(lines->out, "added: %.*s", shown(after), after);
	else if (after == NULL)
		fprintf(lines->out, "removed: %.*s", shown(before), before);
	else
		fprintf(lines->out, "%.*s -> %.*s", shown(before), before,
			shown(after), after);
}

char *
recording_changes(const struct applier *applier, const struct mx_config *file)
{
	const struct mx_config *before = rehearsal_file(applier);
	struct lines lines = {.count = 0};
	char *text = NULL;
	size_t length;

	if (before == NULL)
		return strdup("the first configuration");
	lines.out = open_memstream(&text, &length);
	if (lines.out == NULL)
		return NULL;
	const int count = difference_each(before, file, add_line, &lines);
	if (count > LINES_MAX)
		fprintf(lines.out, "\nand %d more", count - LINES_MAX);
	fclose(lines.out);
	return text;
}

int
recording_save(struct history *history)
{
	const int before = history->error;
	const int error = historyfile_save(history);

	if (error != 0 && error != before)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "config",
			      "history not saved to %s: %s; a restart would "
			      "not know it",
			      history->path, strerror(-error));
	else if (error == 0 && before != 0)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "config",
			      "history saved to %s again", history->path);
	return error;
}

int
recording_add(struct applier *applier, const struct recording *recording)
{
	struct history *history = applier->history;
	const struct revision *in_force = history_in_force(history);

	if (in_force != NULL && !recording->trial &&
	    history_find_text(history, recording->text, recording->size) ==
		    in_force &&
	    strcmp(in_force->path, recording->path) == 0)
		return 0;
	const struct history_news news = {
		.path = recording->path,
		.by = recording->by,
		.changes = recording->changes != NULL ? recording->changes : "",
		.text = recording->text,
		.size = recording->size,
		.time_s = clock_wall_s(),
		.trial = recording->trial,
	};
	if (history_add(history, &news) == NULL)
		return -ENOMEM;
	return recording_save(history);
}
