/* SPDX-License-Identifier: BSD-3-Clause */
/* Any line as a command is understood, or refused with a reason; and what was
 * understood means the same when it is written whole.
 * Method: libFuzzer.  The input is a line as the socket lets it through. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "arguments.h"
#include "commandalias.h"
#include "commandfind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Write the arguments as they were understood. */
static void
write_whole(const struct arguments *found, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint8_t i = 0; i < found->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 i > 0 ? " " : "",
					 found->list[i].value);
}

static void
check_same(const char *grammar, const struct arguments *found)
{
	static char whole[2 * CTL_LINE_MAX];
	struct arguments again;
	char why[ARGUMENTS_WHY_MAX];

	write_whole(found, whole, sizeof(whole));
	require(arguments_parse(grammar, false, whole, &again, why));
	require(again.count == found->count);
	for (uint8_t i = 0; i < found->count; i++) {
		require(again.list[i].name == found->list[i].name);
		require(strcmp(again.list[i].value, found->list[i].value) == 0);
	}
}

static void
check_arguments(const struct command_row *row, char *text)
{
	struct arguments found;
	struct arguments_next next[ARGUMENTS_MAX];
	char why[ARGUMENTS_WHY_MAX] = "";
	bool end;

	require(arguments_next(row->arguments, text, strlen(text), next,
			       &end) <= ARGUMENTS_MAX);
	if (arguments_parse(row->arguments, row->kind == COMMAND_REPORT, text,
			    &found, why))
		check_same(row->arguments, &found);
	else
		require(why[0] != '\0' && strlen(why) < sizeof(why));
}

static void
check_line(char *line)
{
	struct command_match match;
	char text[COMMAND_TEXT_MAX], ours[CTL_LINE_MAX];

	command_find(line, true, &match);
	require(match.rest >= line && match.rest <= line + strlen(line));
	if (match.result != COMMAND_FOUND) {
		command_explain(line, &match, text);
		require(text[0] != '\0');
	} else if (match.row->kind != COMMAND_ALIAS) {
		check_arguments(match.row, line + (match.rest - line));
	} else if (commandalias_put(match.row, line + (match.rest - line), ours,
				    text)) {
		command_find(ours, false, &match);
		require(match.result == COMMAND_FOUND &&
			match.row->kind != COMMAND_ALIAS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[CTL_LINE_MAX];

	while (size > 0 && (data[size - 1] == ' ' || data[size - 1] == '\t'))
		size--;
	if (size >= sizeof(line))
		return 0;
	for (size_t i = 0; i < size; i++)
		if (data[i] < 0x20 && data[i] != '\t')
			return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	check_line(line);
	return 0;
}
