/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer: what an operator types.
 *
 * The program sends commands to the control plane unchanged, with these
 * exceptions.  It runs `help` and `config check` itself, so that they work before
 * anything runs.  With `config apply` it sends the absolute path of the file.  It
 * writes the file of `capture` itself.
 *
 * Exit status: 0 done and in force, 1 refused, 2 wrong usage or no control
 * plane answers, 3 done and not in force yet.  `status` has that of monitoring
 * plugins: 0 OK, 1 WARNING, 2 CRITICAL.  It is CRITICAL too if no control plane
 * answers. */
#include <editline/readline.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkfile.h"
#include "client.h"
#include "ctl.h"
#include "help.h"
#include "path.h"
#include "savecapture.h"

/* How much longer than its own limit a `wait` may take to answer. */
#define WAIT_GRACE_S 5

enum status { DONE, FAILED, NOT_ASKED, NOTED };

struct cli {
	char path[PATH_MAX];
	bool json;
	int fd;      /* -1: not connected yet */
	bool lost;   /* no control plane answers */
	bool plugin; /* the command's caller is a monitoring system */
};

static const char usage[] =
	"usage: mxsteer [-s SOCKET] [-j] [COMMAND...]\n"
	"  -s SOCKET   of the control plane (the only one in /run/mxsteer)\n"
	"  -j          JSON for programs\n"
	"  -h, --help  this text; -V, --version\n"
	"Without a command: a prompt, or commands from a pipe, one a line.\n"
	"mxsteer help lists the commands; mxsteer COMMAND -h explains one.\n";

static void
print(FILE *out, const char *text)
{
	const size_t length = strlen(text);

	fputs(text, out);
	if (length > 0 && text[length - 1] != '\n')
		fputc('\n', out);
}

static enum status
complain(const struct cli *cli, const char *text)
{
	if (cli->json) {
		json_t *object = json_pack("{s:s}", "error", text);
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	} else {
		print(stderr, text);
	}
	return FAILED;
}

static enum status
too_long(const struct cli *cli)
{
	complain(cli, "the command is too long");
	return NOT_ASKED;
}

static enum status
not_asked(struct cli *cli, const char *path, int error)
{
	char text[CLIENT_TEXT_MAX];

	cli->lost = true;
	client_describe(error, path, text);
	/* Monitoring plugins write to stdout. */
	if (cli->plugin && !cli->json)
		printf("CRITICAL mxsteer: %s\n", text);
	else
		complain(cli, text);
	return NOT_ASKED;
}

static enum status
connect_once(struct cli *cli)
{
	char found[1024];

	if (cli->fd >= 0 && client_is_stale(cli->fd)) {
		close(cli->fd);
		cli->fd = -1;
	}
	if (cli->fd >= 0)
		return DONE;
	if (cli->path[0] == '\0') {
		const int error = client_find_socket(found, sizeof(found));
		if (error == -ENOTUNIQ) {
			fprintf(stderr,
				"there are several instances, choose "
				"one with -s: %s\n",
				found);
			cli->lost = true;
			return NOT_ASKED;
		}
		if (error != 0)
			return not_asked(cli, "/run/mxsteer/*.sock", error);
		snprintf(cli->path, sizeof(cli->path), "%s", found);
	}
	cli->fd = client_connect(cli->path);
	return cli->fd < 0 ? not_asked(cli, cli->path, cli->fd) : DONE;
}

/* How long an answer may take.  For `wait` that is the time the command names.
 */
static uint32_t
silence_limit_s(const char *command)
{
	unsigned seconds;

	if (sscanf(command, "wait %5u", &seconds) == 1)
		return seconds + WAIT_GRACE_S;
	return CLIENT_SILENCE_S;
}

static enum status
ask(struct cli *cli, const char *command)
{
	char line[CTL_LINE_MAX];
	enum answer answer;
	size_t length;
	char *text;

	if (!ctl_is_line(command, strlen(command))) {
		complain(cli, "a command is one line of printable "
			      "characters");
		return NOT_ASKED;
	}
	cli->plugin = strcmp(command, "status") == 0;
	enum status status = connect_once(cli);
	if (status != DONE)
		return status;
	if (snprintf(line, sizeof(line), "%s%s", cli->json ? "-j " : "",
		     command) >= (int)sizeof(line))
		return too_long(cli);
	int error = client_ask(cli->fd, line, silence_limit_s(command), &answer,
			       &text, &length);
	if (error != 0) {
		close(cli->fd);
		cli->fd = -1;
		return not_asked(cli, cli->path, error);
	}
	print(answer_complains(answer) && !cli->json ? stderr : stdout, text);
	free(text);
	return (enum status)answer_exit_status(answer);
}

/* The rest of the line if it begins with the words, which end in a blank. */
static const char *
after(const char *line, const char *words)
{
	return strncmp(line, words, strlen(words)) == 0 ? line + strlen(words)
							: NULL;
}

static enum status
check_file(const struct cli *cli, const char *arguments)
{
	const char *path = after(arguments, "--host ");

	if (path == NULL)
		path = arguments;
	if (*path == '\0' || strcmp(path, "--host") == 0) {
		complain(cli, "expected: config check [--host] FILE");
		return NOT_ASKED;
	}
	const bool good = checkfile(path, path != arguments, cli->json, stdout);
	return good ? DONE : FAILED;
}

static enum status
apply_file(struct cli *cli, const char *path)
{
	char absolute[PATH_MAX];
	char command[PATH_MAX + 16];
	const int error = path_absolute(path, absolute);

	if (error != 0)
		return complain(cli, strerror(-error));
	snprintf(command, sizeof(command), "config apply %s", absolute);
	return ask(cli, command);
}

static enum status
capture_file(struct cli *cli, const char *arguments)
{
	char text[SAVECAPTURE_TEXT_MAX];
	const enum status connected = connect_once(cli);

	if (connected != DONE)
		return connected;
	const int status = savecapture(cli->fd, arguments, cli->json, text);
	if (status < 0) {
		close(cli->fd);
		cli->fd = -1;
		return not_asked(cli, cli->path, status);
	}
	if (status != 0)
		complain(cli, text);
	return (enum status)status;
}

static enum status
run(struct cli *cli, const char *line)
{
	size_t length;
	const char *words = help_asked(line, &length);

	if (words != NULL) {
		if (help_print(words, length, cli->json, stdout))
			return DONE;
		complain(cli, "there is no such command: `help` lists all");
		return NOT_ASKED;
	}
	const char *check = after(line, "config check");

	if (check != NULL && (*check == ' ' || *check == '\0'))
		return check_file(cli, check + strspn(check, " "));
	const char *capture = after(line, "capture");
	if (capture != NULL && (*capture == ' ' || *capture == '\0'))
		return capture_file(cli, capture + strspn(capture, " "));
	const char *path = after(line, "config apply ");
	return path != NULL ? apply_file(cli, path) : ask(cli, line);
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

static enum status
run_prompt(struct cli *cli)
{
	enum status status = connect_once(cli);
	char *typed;

	if (status != DONE)
		return status;
	while ((typed = readline("mxsteer> ")) != NULL) {
		const char *line = strip(typed);
		const bool leave =
			strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0;
		cli->lost = false;
		if (*line != '\0' && !leave) {
			add_history(line);
			run(cli, line);
		}
		free(typed);
		if (leave)
			return DONE;
	}
	putchar('\n');
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
run_pipe(struct cli *cli)
{
	enum status worst = DONE;
	char *buffer = NULL;
	size_t size = 0;
	ssize_t length;

	while (!cli->lost && (length = getline(&buffer, &size, stdin)) >= 0) {
		/* As a string it would end there, and be another command. */
		if (memchr(buffer, '\0', (size_t)length) != NULL) {
			complain(cli,
				 "a command is one line of printable "
				 "characters, and this one has a NUL byte");
			worst = worse(worst, NOT_ASKED);
			continue;
		}
		const char *line = strip(buffer);
		if (*line == '\0' || *line == '#')
			continue;
		worst = worse(worst, run(cli, line));
		fflush(stdout);
	}
	free(buffer);
	return worst;
}

static enum status
run_arguments(struct cli *cli, char **words)
{
	char line[CTL_LINE_MAX] = "";
	size_t used = 0;

	for (int i = 0; words[i] != NULL && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 "%s%s", i > 0 ? " " : "", words[i]);
	if (used >= sizeof(line))
		return too_long(cli);
	return run(cli, line);
}

/* For its caller, a command has failed if its answer could not be written. */
static enum status
end_output(enum status status)
{
	const bool failed = ferror(stdout) != 0;
	const bool closed = fclose(stdout) == 0;

	if (closed && !failed)
		return status;
	fprintf(stderr, "the answer could not be written%s%s\n",
		closed ? "" : ": ", closed ? "" : strerror(errno));
	return worse(status, FAILED);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct cli cli = {.fd = -1};
	enum status status;
	int option;

	while ((option = getopt_long(argc, argv, "+s:jhV", options, NULL)) !=
	       -1) {
		switch (option) {
		case 's':
			snprintf(cli.path, sizeof(cli.path), "%s", optarg);
			break;
		case 'j':
			cli.json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return (int)end_output(DONE);
		case 'V':
			puts("mxsteer " MX_VERSION);
			return (int)end_output(DONE);
		default:
			fputs(usage, stderr);
			return NOT_ASKED;
		}
	}
	if (optind < argc)
		status = run_arguments(&cli, argv + optind);
	else if (isatty(STDIN_FILENO))
		status = run_prompt(&cli);
	else
		status = run_pipe(&cli);
	if (cli.fd >= 0)
		close(cli.fd);
	return (int)end_output(status);
}
