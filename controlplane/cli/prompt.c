/* SPDX-License-Identifier: BSD-3-Clause */
#include "prompt.h"

#include <editline/readline.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "completion.h"
#include "history.h"

#define CTRL_C 3

static const char *socket_path;
static struct completion completion;
static bool broken; /* Ctrl-C was the last key */

/* Give out one word after the other; state is 0 at the first. */
static char *
next_word(const char *text, int state)
{
	static size_t next;

	(void)text;
	if (state == 0)
		next = 0;
	return next < completion.count ? strdup(completion.word[next++]) : NULL;
}

static char **
complete(const char *text, int start, int end)
{
	char *line = strndup(rl_line_buffer, (size_t)end);

	(void)start;
	if (line == NULL)
		return NULL;
	completion_free(&completion);
	completion_find(&completion, socket_path, line);
	free(line);
	/* Without words, libedit completes names of files. */
	rl_attempted_completion_over = !completion.file;
	return rl_completion_matches(text, next_word);
}

static void
remember(const char *line)
{
	add_history(line);
}

/* End the line. */
static int
on_ctrl_c(int count, int key)
{
	(void)count, (void)key;
	broken = true;
	rl_done = 1;
	return 0;
}

/* Read a line, to be freed; NULL at the end of the input, and if the line is
 * broken.  Ctrl-C is a key here and no signal: a signal that comes while a
 * control plane is asked for values would be lost. */
static char *
read_line(void)
{
	struct termios before;
	const bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;

	broken = false;
	if (terminal) {
		struct termios edit = before;
		edit.c_cc[VINTR] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &edit);
	}
	char *line = readline("mxsteer> ");
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return line;
}

void
prompt_run(const char *socket, bool (*run)(void *arg, char *line), void *arg)
{
	struct history history;
	bool goes_on = true;

	socket_path = socket;
	rl_completer_word_break_characters = (char[]){" \t"};
	rl_attempted_completion_function = complete;
	rl_initialize();
	rl_add_defun("break-line", on_ctrl_c, CTRL_C);
	using_history();
	stifle_history(HISTORY_LINES_MAX);
	history_open(&history, remember);
	while (goes_on) {
		char *typed = read_line();
		if (broken) {
			putchar('\n');
			free(typed);
			continue;
		}
		if (typed == NULL)
			break;
		if (typed[strspn(typed, " \t")] != '\0') {
			add_history(typed);
			history_add(&history, typed);
			goes_on = run(arg, typed);
		}
		free(typed);
	}
	if (goes_on)
		putchar('\n');
	completion_free(&completion);
}
