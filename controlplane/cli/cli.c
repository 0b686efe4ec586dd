/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer: what an operator types.
 *
 * The program sends commands to the control plane unchanged, with these
 * exceptions.  It runs `help` and the commands check, from-mx, schema and lints of
 * `config` itself, so that they work before anything runs.  With `config apply`
 * and `config diff` it sends the absolute path of the file.  It writes the file of
 * `capture` itself.
 *
 * Exit status: 0 done and in force, 1 refused, 2 wrong usage or no control
 * plane answers, 3 done and not in force yet.  `status` has that of monitoring
 * plugins: 0 OK, 1 WARNING, 2 CRITICAL.  It is CRITICAL too if no control plane
 * answers.  `config diff` has that of diff(1): 0 same, 1 different, 2 trouble. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "asking.h"
#include "checkfile.h"
#include "commandfind.h"
#include "completion.h"
#include "ctl.h"
#include "frommx.h"
#include "help.h"
#include "jsonschema.h"
#include "path.h"
#include "prompt.h"
#include "savecapture.h"

static const char usage[] =
	"usage: mxsteer [-s SOCKET] [-j] [-a] [-o KEY,KEY] [COMMAND...]\n"
	"  -s SOCKET   of the control plane (the only one in /run/mxsteer)\n"
	"  -j          JSON for programs\n"
	"  -a          all rows, also those that a terminal is spared\n"
	"  -o KEY,KEY  these columns, by their titles or keys in the JSON\n"
	"  -h, --help  this text; -V, --version\n"
	"Without a command: a prompt, or commands from a pipe, one a line.\n"
	"mxsteer help lists the commands; mxsteer COMMAND -h explains one.\n";

static enum status
check_file(struct asking *asking, const struct arguments *arguments)
{
	const bool good = checkfile(arguments_get(arguments, "FILE"),
				    arguments_has(arguments, "--host"),
				    asking->json, stdout);

	return good ? DONE : FAILED;
}

/* Send a command with the absolute path of its file. */
static enum status
send_with_file(struct asking *asking, const char *words, const char *path)
{
	char absolute[PATH_MAX];
	char command[PATH_MAX + 64];
	const int error = path_absolute(path, absolute);

	if (error != 0)
		return asking_complain(asking, strerror(-error));
	snprintf(command, sizeof(command), "%s %s", words, absolute);
	return asking_ask(asking, command);
}

/* The option may stand behind the file too: there a file's name would go on. */
static enum status
apply_file(struct asking *asking, const struct arguments *arguments)
{
	static const char option[] = " --confirm-within ";
	const char *time = arguments_get(arguments, "TIME");
	char path[PATH_MAX], words[64] = "config apply";

	snprintf(path, sizeof(path), "%s", arguments_get(arguments, "FILE"));
	char *behind = strstr(path, option);
	if (behind != NULL && time == NULL) {
		time = behind + strlen(option);
		*behind = '\0';
	}
	if (time != NULL)
		snprintf(words, sizeof(words),
			 "config apply --confirm-within %.16s", time);
	return send_with_file(asking, words, path);
}

/* The statuses of diff(1): 2 is trouble of any kind. */
static enum status
diff_file(struct asking *asking, const struct arguments *arguments)
{
	const char *path = arguments_get(arguments, "FILE");

	asking->compares = true;
	return path == NULL ? asking_ask(asking, "config diff")
			    : send_with_file(asking, "config diff", path);
}

static enum status
capture_file(struct asking *asking, const struct arguments *arguments)
{
	char text[SAVECAPTURE_TEXT_MAX];
	const enum status connected = asking_connect(asking);

	if (connected != DONE)
		return connected;
	const int status =
		savecapture(asking->fd, arguments, asking->json, text);
	if (status < 0) {
		close(asking->fd);
		asking->fd = -1;
		return asking_lost(asking, asking->path, status);
	}
	if (status != 0)
		asking_complain(asking, text);
	return (enum status)status;
}

static enum status
write_from_mx(struct asking *asking, const struct arguments *arguments)
{
	char text[FROMMX_TEXT_MAX];
	const int status =
		frommx(arguments_get(arguments, "DOMAIN"),
		       arguments_get(arguments, "RESOLVER"), stdout, text);

	if (status != 0)
		asking_complain(asking, text);
	return (enum status)status;
}

static enum status
print_schema(struct asking *asking, const struct arguments *arguments)
{
	(void)asking, (void)arguments;
	json_t *schema = jsonschema_new();
	json_dumpf(schema, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(schema);
	return DONE;
}

static enum status
print_lints(struct asking *asking, const struct arguments *arguments)
{
	(void)arguments;
	checkfile_lints(asking->json, stdout);
	return DONE;
}

/* Commands that the program runs itself, or sends in another form. */
static const struct own {
	const char *words;
	enum status (*run)(struct asking *asking,
			   const struct arguments *arguments);
} own[] = {
	/* clang-format off */
	{"config check", check_file},
	{"config from-mx", write_from_mx},
	{"config schema", print_schema},
	{"config lints", print_lints},
	{"config apply", apply_file},
	{"config diff", diff_file},
	{"capture", capture_file},
	/* clang-format on */
};

/* Run a command of this program.  text: what follows its words. */
static enum status
run_own(struct asking *asking, const struct own *command,
	const struct command_row *row, const char *text)
{
	char words[CTL_LINE_MAX];
	char why[ARGUMENTS_WHY_MAX];
	char complaint[ARGUMENTS_WHY_MAX + 256];
	struct arguments arguments;

	if (snprintf(words, sizeof(words), "%s", text) >= (int)sizeof(words))
		return asking_too_long(asking);
	if (arguments_parse(row->arguments, false, words, &arguments, why))
		return command->run(asking, &arguments);
	snprintf(complaint, sizeof(complaint), "%s\nexpected: %s %s", why,
		 row->words, row->arguments);
	asking_complain(asking, complaint);
	return NOT_ASKED;
}

/* Print the help that a line asks for: of words, length bytes. */
static enum status
explain(const struct asking *asking, const char *line, const char *words,
	size_t length)
{
	char why[COMMAND_TEXT_MAX];

	if (help_is_doubtful(line)) {
		asking_complain(asking, "nothing was done: ?, -h or --help at "
					"the end asks for help");
		if (!asking->json)
			help_print(words, length, false, stdout, why);
		return NOT_ASKED;
	}
	if (help_print(words, length, asking->json, stdout, why))
		return DONE;
	asking_complain(asking, why);
	return NOT_ASKED;
}

static enum status
run(struct asking *asking, const char *line)
{
	size_t length;
	const char *words = help_asked(line, &length);
	struct command_match match;

	asking->compares = false;
	if (words != NULL)
		return explain(asking, line, words, length);
	command_find(line, false, &match);
	for (size_t i = 0;
	     match.result == COMMAND_FOUND && i < sizeof(own) / sizeof(own[0]);
	     i++)
		if (strcmp(match.row->words, own[i].words) == 0)
			return run_own(asking, &own[i], match.row, match.rest);
	return asking_ask(asking, line);
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

/* Returns false if the line leaves the prompt. */
static bool
on_line(void *arg, char *typed)
{
	struct asking *asking = arg;
	const char *line = strip(typed);

	if (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0)
		return false;
	asking->lost = false;
	run(asking, line);
	return true;
}

static enum status
run_prompt(struct asking *asking)
{
	const enum status status = asking_connect(asking);

	if (status == DONE)
		prompt_run(asking->path, on_line, asking);
	return status;
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
			asking_complain(
				asking,
				"a command is one line of printable "
				"characters, and this one has a NUL byte");
			worst = worse(worst, NOT_ASKED);
			continue;
		}
		const char *line = strip(buffer);
		if (*line == '\0' || *line == '#')
			continue;
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
