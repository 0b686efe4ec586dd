/* SPDX-License-Identifier: BSD-3-Clause */
#include "help.h"

#include <jansson.h>
#include <string.h>

#include "answer.h"
#include "arguments.h"
#include "ctl.h"
#include "kind.h"
#include "place.h"
#include "wrap.h"

#define USAGE_MAX 1024
#define LINE 80   /* a longer usage goes on in the next line */
#define INDENT 4  /* which begins with so many blanks */
#define COLUMN 34 /* where the explanations begin */

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

bool
help_is_doubtful(const char *line)
{
	struct command_match match;
	char command[CTL_LINE_MAX];
	size_t length;
	const char *words = help_asked(line, &length);

	if (words != line) /* "help drain" */
		return false;
	snprintf(command, sizeof(command), "%.*s", (int)length, words);
	command_find(command, false, &match);
	return match.result == COMMAND_FOUND &&
	       match.row->kind != COMMAND_REPORT && match.rest[0] != '\0';
}

static void
print_usage(const struct command_row *row, FILE *out)
{
	char usage[USAGE_MAX];

	snprintf(usage, sizeof(usage), "%s%s%s", row->words,
		 *row->arguments != '\0' ? " " : "", row->arguments);
	wrap_print(out, usage, LINE, INDENT, 0);
}

static void
print_text(const struct command_row *row, FILE *out)
{
	char usage[USAGE_MAX];

	snprintf(usage, sizeof(usage), "%s %s", row->words, row->arguments);
	if (strlen(usage) > COLUMN) {
		print_usage(row, out);
		usage[0] = '\0';
	}
	fprintf(out, "%-*s ", COLUMN, usage);
	wrap_print(out, row->help, LINE, COLUMN + 1, COLUMN + 1);
}

/* List the kinds of values of a grammar, each once.  Returns how many. */
static size_t
list_kinds(const char *grammar, const struct kind *kinds[static ARGUMENTS_MAX])
{
	struct place place;
	struct place_word word;
	size_t count = 0;

	if (!place_begin(&place, grammar))
		return 0;
	for (uint8_t i = 0; i < place.tokens; i++) {
		if (place.token[i].kind != PLACE_WORD)
			continue;
		size_t at = 0;
		while (place_alternative(&place.token[i], &at, &word)) {
			const struct kind *kind =
				word.value ? kind_find(word.text, word.length)
					   : NULL;
			size_t k = 0;
			while (k < count && kinds[k] != kind)
				k++;
			if (kind != NULL && k == count && count < ARGUMENTS_MAX)
				kinds[count++] = kind;
		}
	}
	return count;
}

/* Is the token an option without a value, in brackets of its own? */
static bool
is_flag(const struct place *place, uint8_t i)
{
	return strncmp(place->token[i].text, "--", 2) == 0 && i > 0 &&
	       place->token[i - 1].kind == PLACE_OPEN &&
	       i + 1 < place->tokens && place->token[i + 1].kind == PLACE_CLOSE;
}

void
help_example(const struct command_row *row, char text[HELP_EXAMPLE_MAX])
{
	struct place place;
	struct place_word word;
	size_t used =
		(size_t)snprintf(text, HELP_EXAMPLE_MAX, "%s", row->words);

	if (!place_begin(&place, row->arguments))
		return;
	for (uint8_t i = 0; i < place.tokens && used < HELP_EXAMPLE_MAX; i++) {
		size_t at = 0;
		if (place.token[i].kind != PLACE_WORD || is_flag(&place, i) ||
		    !place_alternative(&place.token[i], &at, &word))
			continue;
		const struct kind *kind =
			word.value ? kind_find(word.text, word.length) : NULL;
		const char *shown = kind != NULL ? kind->example : word.text;
		const size_t length =
			kind != NULL ? strlen(shown) : word.length;
		used += (size_t)snprintf(text + used, HELP_EXAMPLE_MAX - used,
					 " %.*s", (int)length, shown);
	}
}

/* Print all about one command. */
static void
print_whole(const struct command_row *row, FILE *out)
{
	const struct kind *kinds[ARGUMENTS_MAX];
	const size_t count = list_kinds(row->arguments, kinds);
	char example[HELP_EXAMPLE_MAX];

	print_usage(row, out);
	fprintf(out, "    %s%s\n", row->kind == COMMAND_ALIAS ? "as " : "",
		row->help);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "    %-13s %s, such as %s\n", kinds[i]->name,
			kinds[i]->meaning, kinds[i]->example);
	help_example(row, example);
	if (*row->arguments != '\0')
		fprintf(out, "    example: %s\n", example);
}

static json_t *
json_row(const struct command_row *row)
{
	const struct kind *kinds[ARGUMENTS_MAX];
	const size_t count = list_kinds(row->arguments, kinds);
	char help[HELP_EXAMPLE_MAX];
	char example[HELP_EXAMPLE_MAX];
	json_t *values = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(values,
				      json_pack("{s:s s:s s:s}", "name",
						kinds[i]->name, "meaning",
						kinds[i]->meaning, "example",
						kinds[i]->example));
	help_example(row, example);
	snprintf(help, sizeof(help), "%s%s",
		 row->kind == COMMAND_ALIAS ? "as " : "", row->help);
	return json_pack("{s:s s:s s:s s:o s:s}", "command", row->words,
			 "arguments", row->arguments, "help", help, "values",
			 values, "example", example);
}

/* Print the commands, and then those in HAProxy's words. */
static void
print_list(const struct command_match *match, FILE *out)
{
	bool aliases = false, others = false;

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		if (!match->fits[i] || command_rows[i].kind == COMMAND_ALIAS)
			continue;
		print_text(&command_rows[i], out);
		others = true;
	}
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		if (!match->fits[i] || row->kind != COMMAND_ALIAS)
			continue;
		if (!aliases)
			fprintf(out, "%sHAProxy's words are understood, too:\n",
				others ? "\n" : "");
		aliases = true;
		print_usage(row, out);
		fprintf(out, "%-*s as ", COLUMN, "");
		wrap_print(out, row->help, LINE, COLUMN + 1,
			   COLUMN + strlen(" as "));
	}
}

static void
print_rows(const struct command_match *match, bool json, FILE *out)
{
	json_t *list = json_array();
	const struct command_row *last = NULL;
	bool same = true; /* all are forms of one command */

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		if (!match->fits[i])
			continue;
		same = same &&
		       (last == NULL ||
			strcmp(last->words, command_rows[i].words) == 0);
		last = &command_rows[i];
		json_array_append_new(list, json_row(last));
	}
	json_t *data = json_pack("{s:o s:s}", "commands", list, "outcome",
				 answer_outcome(ANSWER_OK));
	if (json) {
		json_dumpf(data, out, JSON_COMPACT);
		fputc('\n', out);
	} else if (last != NULL && same) {
		for (size_t i = 0; i < COMMAND_ROWS; i++)
			if (match->fits[i])
				print_whole(&command_rows[i], out);
	} else {
		print_list(match, out);
	}
	json_decref(data);
}

bool
help_print(const char *words, size_t length, bool json, FILE *out,
	   char why[COMMAND_TEXT_MAX])
{
	struct command_match match;
	char line[CTL_LINE_MAX];

	snprintf(line, sizeof(line), "%.*s", (int)length, words);
	command_find(line, false, &match);
	if (match.result == COMMAND_UNKNOWN && line[0] != '\0') {
		command_explain(line, &match, why);
		return false;
	}
	print_rows(&match, json, out);
	return true;
}
