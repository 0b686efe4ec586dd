/* SPDX-License-Identifier: BSD-3-Clause */
#include "comparing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applying.h"
#include "difference.h"
#include "dump.h"
#include "load.h"
#include "rehearsal.h"
#include "reply.h"

void
command_config_dump(const struct request *request,
		    const struct arguments *arguments)
{
	size_t size;
	char *text = dump_text(rehearsal_file(request->desk->applier), &size);

	(void)arguments;
	if (text == NULL)
		reply_words(request, ANSWER_REFUSED, "not enough memory");
	else if (request->json)
		reply_json(request, ANSWER_OK,
			   json_pack("{s:o}", "text", reply_value(text)));
	else
		ctl_reply(request->ctl, ANSWER_OK, text, size);
	free(text);
}

static json_t *
value_or_null(const char *text)
{
	return text != NULL ? reply_value(text) : json_null();
}

static void
add_difference(void *arg, const char *path, const char *before,
	       const char *after)
{
	json_t *rows = arg;

	json_array_append_new(rows, json_pack("{s:s s:o s:o}", "key", path,
					      "before", value_or_null(before),
					      "after", value_or_null(after)));
}

static json_t *
pack_lines(uint16_t count, const char (*line)[MX_CONFIG_ERROR_TEXT_MAX])
{
	json_t *lines = json_array();

	for (uint16_t i = 0; i < count && i < MX_CONFIG_ERRORS_MAX; i++)
		json_array_append_new(lines, reply_value(line[i]));
	return lines;
}

/* The lines of a text. */
static json_t *
split_lines(const char *text)
{
	json_t *lines = json_array();

	while (text != NULL && *text != '\0') {
		const size_t length = strcspn(text, "\n");

		json_array_append_new(lines, json_stringn(text, length));
		text += length + (text[length] == '\n');
	}
	return lines;
}

static void
print_difference(FILE *out, json_t *row)
{
	const char *key = json_string_value(json_object_get(row, "key"));
	const char *before = json_string_value(json_object_get(row, "before"));
	const char *after = json_string_value(json_object_get(row, "after"));

	if (before == NULL)
		fprintf(out, "%s: added: %s\n", key, after);
	else if (after == NULL)
		fprintf(out, "%s: removed: %s\n", key, before);
	else
		fprintf(out, "%s: %s -> %s\n", key, before, after);
}

static void
print_lines(FILE *out, const char *before, json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		fprintf(out, "%s%s\n", before, json_string_value(line));
}

/* Differences first, then what they mean. */
static char *
print_diff(const char *path, json_t *data)
{
	json_t *rows = json_object_get(data, "differences");
	char *text = NULL;
	size_t length, i;
	json_t *row;

	FILE *out = open_memstream(&text, &length);
	if (out == NULL)
		return NULL;
	json_array_foreach(rows, i, row)
		print_difference(out, row);
	if (json_array_size(rows) == 0)
		fprintf(out, "%s is in force: it would change nothing\n", path);
	print_lines(out, "", json_object_get(data, "effects"));
	print_lines(out,
		    "would be refused: ", json_object_get(data, "refusals"));
	print_lines(out, "", json_object_get(data, "warnings"));
	fclose(out);
	return text;
}

/* data is given away. */
static void
reply_diff(const struct request *request, const char *path, json_t *data)
{
	const bool same =
		json_array_size(json_object_get(data, "differences")) == 0;
	const enum answer answer = same ? ANSWER_OK : ANSWER_WARNING;

	if (request->json) {
		reply_json(request, answer, data);
		return;
	}
	char *text = print_diff(path, data);
	json_decref(data);
	if (text == NULL)
		reply_words(request, ANSWER_USAGE, "not enough memory");
	else
		ctl_reply(request->ctl, answer, text, strlen(text));
	free(text);
}

/* Compare a file that could be read. */
static void
compare(const struct request *request, const char *path,
	const struct mx_config *file, const struct mx_config_errors *found)
{
	const struct applier *applier = request->desk->applier;
	struct rehearsal rehearsal;
	json_t *rows = json_array();
	const int count = difference_each(rehearsal_file(applier), file,
					  add_difference, rows);

	if (count < 0 || rehearsal_make(&rehearsal, applier, path, file) != 0) {
		json_decref(rows);
		reply_words(request, ANSWER_USAGE, "not enough memory");
		return;
	}
	const char *effects = count > 0 ? rehearsal.changes : NULL;
	json_t *data = json_pack(
		"{s:o s:o s:o s:o s:o}", "file", reply_value(path),
		"differences", rows, "effects", split_lines(effects),
		"refusals",
		pack_lines(rehearsal.refusals.count, rehearsal.refusals.text),
		"warnings", pack_lines(found->warnings, found->warning));
	rehearsal_free(&rehearsal);
	reply_diff(request, path, data);
}

void
command_config_diff(const struct request *request,
		    const struct arguments *arguments)
{
	const char *path = arguments_get(arguments, "FILE");
	struct mx_config_errors errors = {0};
	char *text;
	size_t size;

	if (path == NULL)
		path = request->desk->sources.start_path;
	if (path[0] != '/') {
		reply_usage(request, "'%s': expected a path that starts with /",
			    path);
		return;
	}
	if (!applying_text(request, path, &text, &size))
		return;
	struct mx_config *file =
		text != NULL ? mx_config_parse(text, size, path, &errors)
			     : mx_config_load(path, &errors);
	free(text);
	if (file == NULL)
		reply_faults(request, ANSWER_USAGE, &errors);
	else
		compare(request, path, file, &errors);
	mx_config_free(file);
}
