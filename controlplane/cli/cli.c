/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer: what an operator types.
 *
 * The program sends commands to the control plane unchanged, with these
 * exceptions.  It runs `help`, `doctor mail` and the commands check, from-mx, schema
 * and lints of `config` itself, so that they work before anything runs.  With `config apply`
 * and `config diff` it sends the text of the file, and its absolute path.  It writes the file of
 * `capture` itself.
 *
 * Exit status: 0 done and in force, 1 refused, 2 wrong usage or no control
 * plane answers, 3 done and not in force yet.  `status` has that of monitoring
 * plugins: 0 OK, 1 WARNING, 2 CRITICAL.  It is CRITICAL too if no control plane
 * answers.  `config diff` has that of diff(1): 0 same, 1 different, 2 trouble. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asking.h"
#include "commandfind.h"
#include "completion.h"
#include "ctl.h"
#include "help.h"
#include "owncommand.h"
#include "prompt.h"
#include "trailing.h"

static const char usage[] =
	"usage: mxsteer [-s SOCKET] [-j] [-a] [-o KEY,KEY] [COMMAND...]\n"
	"  -s SOCKET   of the control plane (the only one in /run/mxsteer)\n"
	"  -j          JSON for programs\n"
	"  -a          all rows, also those that a terminal is spared\n"
	"  -o KEY,KEY  these columns, by their titles or keys in the JSON\n"
	"  -h, --help  this text; -V, --version\n"
	"Without a command: a prompt, or commands from a pipe, one a line.\n"
	"mxsteer help lists the commands; mxsteer COMMAND -h explains one.\n";

/* Print the help that a line asks for: of words, length bytes. */
static enum status
explain(const struct asking *asking, const char *line, const char *words,
	size_t length)
{
	char why[COMMAND_TEXT_MAX];

	if (help_is_doubtful(line)) {
		asking_misused(asking, "nothing was done: ?, -h or --help at "
				       "the end asks for help");
		if (!asking->json)
			help_print(words, length, false, stdout, why);
		return NOT_ASKED;
	}
	if (help_print(words, length, asking->json, stdout, why))
		return DONE;
	return asking_misused(asking, why);
}

/* Run a line without options behind it. */
static enum status
run_plain(struct asking *asking, const char *line)
{
	size_t length;
	const char *words = help_asked(line, &length);
	struct command_match match;
	enum status status;

	asking->compares = false;
	if (words != NULL)
		return explain(asking, line, words, length);
	command_find(line, false, &match);
	if (match.result == COMMAND_FOUND &&
	    owncommand_run(asking, match.row, match.rest, &status))
		return status;
	return asking_ask(asking, line);
}

/* Options behind the command count for this line alone.  Which command it is may only
 * be clear without them. */
static enum status
run(struct asking *asking, const char *line)
{
	struct asking with = *asking;
	struct command_match match;
	char text[CTL_LINE_MAX];

	if (strlen(line) >= sizeof(text))
		return run_plain(asking, line);
	strcpy(text, line);
	trailing_take(text, &with);
	command_find(text, false, &match);
	if (match.result != COMMAND_FOUND || !command_only_shows(match.row))
		return run_plain(asking, line);
	const enum status status = run_plain(&with, text);
	with.json = asking->json;
	with.all = asking->all;
	with.columns = asking->columns;
	*asking = with;
	return status;
}

/* Strip what surrounds a command. */
static char *
strip(char *line)
{
	line += strspn(line, " \t");
	size_t length = strlen(line);
	while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
		line[--length] = '\0';
	return line;
}

static void
on_line(void *arg, char *typed)
{
	run(arg, strip(typed));
}

/* Each command connects anew, so that a prompt where nobody types takes no place at
 * the control plane. */
static enum status
run_prompt(struct asking *asking)
{
	const enum status status = asking_connect(asking);

	if (status != DONE)
		return status;
	close(asking->fd);
	asking->fd = -1;
	prompt_run(asking->path, on_line, asking);
	return DONE;
}

/* The worse of two statuses: a refused command is worse than one that is not in
 * force yet. */
static enum status
worse(enum status a, enum status b)
{
	static const int weight[] = {
		[DONE] = 0, [NOTED] = 1, [FAILED] = 2, [NOT_ASKED] = 3};

	return weight[a] < weight[b] ? b : a;
}

static enum status
run_pipe(struct asking *asking)
{
	enum status worst = DONE;
	char *buffer = NULL;
	size_t size = 0;
	ssize_t length;

	while (!asking->lost &&
	       (length = getline(&buffer, &size, stdin)) >= 0) {
		/* As a string it would end there, and be another command. */
		if (memchr(buffer, '\0', (size_t)length) != NULL) {
			asking_misused(
				asking,
				"a command is one line of printable "
				"characters, and this one has a NUL byte");
			worst = worse(worst, NOT_ASKED);
			continue;
		}
		const char *line = strip(buffer);
		if (*line == '\0' || *line == '#')
			continue;
		if (prompt_is_left(line))
			break;
		worst = worse(worst, run(asking, line));
		fflush(stdout);
	}
	free(buffer);
	return worst;
}

static enum status
run_arguments(struct asking *asking, char **words)
{
	char line[CTL_LINE_MAX] = "";
	size_t used = 0;

	for (int i = 0; words[i] != NULL && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 "%s%s", i > 0 ? " " : "", words[i]);
	if (used >= sizeof(line))
		return asking_too_long(asking);
	if (prompt_is_left(line))
		return asking_misused(asking,
				      "quit and exit leave the prompt, or end "
				      "the commands of a pipe: there is no "
				      "prompt to leave");
	return run(asking, line);
}

/* A title of two words, as one: the control plane takes '_' for a blank. */
static const char *
one_word(char *columns)
{
	for (char *c = columns; *c != '\0'; c++)
		if (*c == ' ')
			*c = '_';
	return columns;
}

/* For its caller, a command has failed if its answer could not be written. */
static enum status
end_output(enum status status, enum status trouble)
{
	const bool failed = ferror(stdout) != 0;
	const bool closed = fclose(stdout) == 0;

	if (closed && !failed)
		return status;
	fprintf(stderr, "the answer could not be written%s%s\n",
		closed ? "" : ": ", closed ? "" : strerror(errno));
	return worse(status, trouble);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"all", no_argument, NULL, 'a'},
		{"columns", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{"complete", required_argument, NULL, 'C'},
		{NULL, 0, NULL, 0},
	};
	struct asking asking = {.fd = -1};
	enum status status;
	int option;

	while ((option = getopt_long(argc, argv, "+s:jao:hV", options, NULL)) !=
	       -1) {
		switch (option) {
		case 's':
			snprintf(asking.path, sizeof(asking.path), "%s",
				 optarg);
			break;
		case 'j':
			asking.json = true;
			break;
		case 'a':
			asking.all = true;
			break;
		case 'o':
			asking.columns = one_word(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return (int)end_output(DONE, FAILED);
		case 'C': /* for shells; no letter of its own */
			return completion_print(optarg);
		case 'V':
			puts("mxsteer " MX_VERSION);
			return (int)end_output(DONE, FAILED);
		default:
			fputs(usage, stderr);
			return NOT_ASKED;
		}
	}
	if (optind < argc)
		status = run_arguments(&asking, argv + optind);
	else if (isatty(STDIN_FILENO))
		status = run_prompt(&asking);
	else
		status = run_pipe(&asking);
	if (asking.fd >= 0)
		close(asking.fd);
	return (int)end_output(status, asking_trouble(&asking));
}
