/* SPDX-License-Identifier: BSD-3-Clause */
#include "completion.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "client.h"
#include "commandfind.h"
#include "ctl.h"
#include "kind.h"

static const char blanks[] = " \t";

/* A completion in the making. */
struct task {
	struct completion *found;
	const char *path;
	const char *word; /* the beginning that is there */
	size_t length;
};

static void
add(struct task *task, const char *text, size_t length)
{
	struct completion *found = task->found;

	if (length < task->length ||
	    memcmp(text, task->word, task->length) != 0 ||
	    found->count == COMPLETION_WORDS_MAX)
		return;
	found->word[found->count] = strndup(text, length);
	found->count += found->word[found->count] != NULL;
}

/* Can it be typed as one word, and shown on a terminal? */
static bool
is_word(const char *text, size_t length)
{
	return ctl_is_line(text, length) && memchr(text, ' ', length) == NULL &&
	       memchr(text, '\t', length) == NULL;
}

static void
add_lines(struct task *task, const char *text)
{
	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");
		if (length > 0 && is_word(text, length))
			add(task, text, length);
		text += length;
		text += *text == '\n';
	}
}

/* Ask the control plane for the values of a kind.  It may be gone, or hang, or
 * be of an older version. */
static void
ask_values(struct task *task, const char *kind, size_t kind_length)
{
	char line[CTL_LINE_MAX];
	enum answer answer;
	size_t length;
	char *text;

	if (task->path == NULL ||
	    snprintf(line, sizeof(line), "complete %.*s %.*s", (int)kind_length,
		     kind, (int)task->length,
		     task->word) >= (int)sizeof(line) ||
	    !ctl_is_line(line, strlen(line)))
		return;
	const int fd = client_connect_within(task->path, COMPLETION_S);
	if (fd < 0)
		return;
	if (client_ask(fd, line, COMPLETION_S, &answer, &text, &length) == 0) {
		if (answer == ANSWER_OK)
			add_lines(task, text);
		free(text);
	}
	close(fd);
}

/* Add the next words of the commands that fit: of HAProxy's words, or of ours. */
static void
add_words(struct task *task, const struct command_match *match, bool alias)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const char *word = command_rows[i].words;
		if (!match->fits[i] ||
		    (command_rows[i].kind == COMMAND_ALIAS) != alias)
			continue;
		for (size_t n = 0; n < match->words && *word != '\0'; n++) {
			word += strcspn(word, " ");
			word += strspn(word, " ");
		}
		if (*word != '\0')
			add(task, word, strcspn(word, " "));
	}
}

/* HAProxy's words are offered where no word of ours begins so. */
static void
find_words(struct task *task, const struct command_match *match)
{
	if (*match->rest != '\0')
		return;
	add_words(task, match, false);
	if (task->found->count == 0)
		add_words(task, match, true);
}

/* Complete an argument of a command, of which text is there. */
static void
find_arguments(struct task *task, const char *grammar, const char *text)
{
	struct arguments_next next[ARGUMENTS_MAX];
	bool end;
	const size_t count =
		arguments_next(grammar, text, strlen(text), next, &end);

	for (size_t i = 0; i < count; i++) {
		if (!next[i].value)
			add(task, next[i].text, next[i].length);
		else if (strncmp(next[i].text, "FILE", 4) == 0)
			task->found->file = true;
		else
			ask_values(task, next[i].text, next[i].length);
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort the words, and leave each once. */
static void
tidy(struct completion *found)
{
	size_t kept = 0;

	qsort(found->word, found->count, sizeof(found->word[0]), compare);
	for (size_t i = 0; i < found->count; i++) {
		if (kept > 0 &&
		    strcmp(found->word[kept - 1], found->word[i]) == 0)
			free(found->word[i]);
		else
			found->word[kept++] = found->word[i];
	}
	found->count = kept;
}

void
completion_find(struct completion *completion, const char *path,
		const char *line)
{
	char before[CTL_LINE_MAX];
	struct command_match match;
	const size_t length = strlen(line);
	size_t start = length;

	while (start > 0 && strchr(blanks, line[start - 1]) == NULL)
		start--;
	*completion = (struct completion){.start = start};
	if (length >= sizeof(before))
		return;
	memcpy(before, line, start);
	before[start] = '\0';
	const char *words = command_after(before, "help");
	if (words == NULL)
		words = before;
	struct task task = {.found = completion,
			    .path = path,
			    .word = line + start,
			    .length = length - start};
	command_find(words, false, &match);
	find_words(&task, &match);
	for (size_t i = 0; i < COMMAND_ROWS && words == before; i++)
		if (match.row != NULL && match.fits[i] &&
		    strcmp(command_rows[i].words, match.row->words) == 0)
			find_arguments(&task, command_rows[i].arguments,
				       match.rest);
	tidy(completion);
}

void
completion_free(struct completion *completion)
{
	for (size_t i = 0; i < completion->count; i++)
		free(completion->word[i]);
	completion->count = 0;
}

/* The length of a word at the text, and of the blanks behind it. */
static size_t
skip_word(const char *text)
{
	const size_t length = strcspn(text, blanks);

	return length + strspn(text + length, blanks);
}

const char *
completion_skip_options(const char *line, char *path, size_t path_size)
{
	line += strspn(line, blanks);
	line += skip_word(line); /* the program */
	while (line[0] == '-') {
		const size_t length = strcspn(line, blanks);
		if (line[length] == '\0')
			return NULL;
		const bool socket =
			(length == 2 && line[1] == 's') ||
			(length == 8 && strncmp(line, "--socket", 8) == 0);
		const bool columns = length == 2 && line[1] == 'o';
		line += skip_word(line);
		if (!socket && !columns)
			continue;
		const size_t value = strcspn(line, blanks);
		if (line[value] == '\0')
			return NULL;
		if (socket)
			snprintf(path, path_size, "%.*s", (int)value, line);
		line += skip_word(line);
	}
	return line;
}

int
completion_print(const char *line)
{
	char path[PATH_MAX] = "";
	struct completion *completion = calloc(1, sizeof(*completion));
	const char *command = completion_skip_options(line, path, sizeof(path));

	if (completion == NULL || command == NULL) {
		free(completion);
		return 0;
	}
	if (path[0] == '\0' && client_find_socket(path, sizeof(path)) != 0)
		path[0] = '\0';
	completion_find(completion, path[0] != '\0' ? path : NULL, command);
	for (size_t i = 0; i < completion->count; i++)
		puts(completion->word[i]);
	const int status = completion->file ? COMPLETION_FILE : 0;
	completion_free(completion);
	free(completion);
	return status;
}
