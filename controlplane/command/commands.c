/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <string.h>

#include "applying.h"
#include "capturing.h"
#include "change.h"
#include "commandlist.h"
#include "denying.h"
#include "reloading.h"
#include "reply.h"
#include "showclients.h"
#include "showdenied.h"
#include "wait.h"

#define ARGUMENTS_MAX 3

static void command_local(const struct request *request, int argc, char **argv);

/* argv[argc..ARGUMENTS_MAX) are NULL. */
typedef void (*command_run)(const struct request *request, int argc,
			    char **argv);

static const struct command {
	const char *words;
	const char *arguments;
	int least, most;
	bool rest;
	command_run run; /* or: */
	const struct report *report;
} commands[] = {
#define REPORT(id, words, arguments, least, most, help)                        \
	{words, arguments, least, most, false, NULL, &report_##id},
#define RUN(id, words, arguments, least, most, rest, help)                     \
	{words, arguments, least, most, rest, command_##id, NULL},
#define LOCAL(words, arguments, help)                                          \
	{words, arguments, 0, 1, true, command_local, NULL},
	COMMAND_LIST(REPORT, RUN, LOCAL)
#undef REPORT
#undef RUN
#undef LOCAL
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char blanks[] = " \t";

static void
add_words(char text[static REPORT_TEXT_MAX], const char *words, size_t length)
{
	const size_t used = strlen(text);

	snprintf(text + used, REPORT_TEXT_MAX - used, "%s%.*s",
		 used > 0 ? ", " : "", (int)length, words);
}

/* List the commands that have the same first word as the line. */
static void
list_commands(const char *line, char text[static REPORT_TEXT_MAX])
{
	const size_t length = strcspn(line, blanks);

	text[0] = '\0';
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *words = commands[i].words;
		if (strncmp(words, line, length) == 0 && words[length] == ' ')
			add_words(text, words, strlen(words));
	}
}

/* List the first words of all commands. */
static void
list_first_words(char text[static REPORT_TEXT_MAX])
{
	text[0] = '\0';
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *words = commands[i].words;
		const size_t length = strcspn(words, " ");
		if (i == 0 ||
		    strncmp(commands[i - 1].words, words, length) != 0)
			add_words(text, words, length);
	}
}

/* Set the text that says which commands there are. */
static void
describe_unknown(const char *line, struct report_result *result)
{
	char list[REPORT_TEXT_MAX];

	list_commands(line, list);
	if (list[0] == '\0')
		list_first_words(list);
	report_misused(result, "unknown command '%.40s'; expected one of: %s",
		       line, list);
}

static void
command_local(const struct request *request, int argc, char **argv)
{
	(void)argc, (void)argv;
	reply_usage(request, "the program mxsteer does this by itself");
}

/* Returns what follows `words` in the line, or NULL if the line starts with
 * other words. */
static char *
after_words(char *line, const char *words)
{
	while (*words != '\0') {
		const size_t length = strcspn(words, " ");
		line += strspn(line, blanks);
		if (strncmp(line, words, length) != 0 ||
		    strchr(blanks, line[length]) == NULL)
			return NULL; /* strchr finds the terminator too */
		line += length;
		words += length;
		words += *words == ' ';
	}
	return line + strspn(line, blanks);
}

/* Split the text in place.  Returns the number of arguments, or row->most + 1
 * if there are too many. */
static int
split(const struct command *row, char *text, char **argv)
{
	int argc = 0;

	while (*text != '\0' && argc < row->most) {
		argv[argc++] = text;
		if (row->rest && argc == row->most)
			return argc;
		text += strcspn(text, blanks);
		if (*text != '\0')
			*text++ = '\0';
		text += strspn(text, blanks);
	}
	return *text == '\0' ? argc : row->most + 1;
}

static void
strip_end(char *line)
{
	size_t length = strlen(line);

	while (length > 0 && strchr(blanks, line[length - 1]) != NULL)
		line[--length] = '\0';
}

void
commands_answer(void *arg, struct ctl_request *ctl, char *line)
{
	struct desk *desk = arg;
	struct request request = {.desk = desk, .ctl = ctl};
	struct report_result unknown;
	char *argv[ARGUMENTS_MAX + 1] = {NULL};

	publisher_look(desk->publisher);
	strip_end(line);
	line += strspn(line, blanks);
	char *after_option = after_words(line, "-j");
	if (after_option != NULL) {
		request.json = true;
		line = after_option;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *row = &commands[i];
		char *arguments = after_words(line, row->words);
		if (arguments == NULL)
			continue;
		const int argc = split(row, arguments, argv);
		if (argc < row->least || argc > row->most)
			reply_usage(&request, "expected: %s%s%s", row->words,
				    *row->arguments ? " " : "", row->arguments);
		else if (row->report != NULL)
			reply_report(&request, row->report, argc, argv);
		else
			row->run(&request, argc, argv);
		return;
	}
	describe_unknown(line, &unknown);
	reply_usage(&request, "%s", unknown.text);
}
