/* SPDX-License-Identifier: BSD-3-Clause */
#include "savecapture.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "ctl.h"
#include "plural.h"

struct save {
	int fd;
	int file;
	const char *path;
	unsigned number; /* of the capture */
	bool begun;      /* the first piece is here */
	unsigned long long frames;
	unsigned long long lost;
	char *text; /* why there is no capture */
};

/* How many signals came: the second one counts for a write that waits. */
static volatile sig_atomic_t signals;

static void
on_signal(int signal_number)
{
	(void)signal_number;
	if (signals < 2)
		signals++;
}

/* Say why there is no capture.  Returns the exit status. */
static int
fail(struct save *save, int status, const char *why)
{
	snprintf(save->text, SAVECAPTURE_TEXT_MAX, "%s", why);
	return status;
}

static int
fail_file(struct save *save, const char *why)
{
	snprintf(save->text, SAVECAPTURE_TEXT_MAX, "%.300s: %s", save->path,
		 why);
	return 1;
}

/* Has the reader of a pipe gone?  A piece without bytes does not find out. */
static bool
is_broken(int file)
{
	struct pollfd one = {.fd = file};

	return poll(&one, 1, 0) == 1 && (one.revents & POLLERR) != 0;
}

static int
write_all(int file, const char *data, size_t length)
{
	if (is_broken(file))
		return -EPIPE;
	while (length > 0) {
		const ssize_t written = write(file, data, length);
		if (written < 0 && errno == EINTR && signals < 2)
			continue;
		if (written < 0)
			return -errno;
		data += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Ask for one piece.  Returns 0 with *text, or -errno. */
static int
ask(struct save *save, const char *what, enum answer *answer, char **text,
    size_t *length)
{
	char line[64];

	snprintf(line, sizeof(line), "capture %s %u", what, save->number);
	return client_ask(save->fd, line, CLIENT_SILENCE_S, answer, text,
			  length);
}

static void
say_begin(struct save *save)
{
	if (save->begun)
		return;
	save->begun = true;
	fprintf(stderr, "capturing to %s; Ctrl-C ends it\n", save->path);
}

/* Write a piece of the file, which is behind a line of numbers. */
static int
write_piece(struct save *save, const char *text, size_t length)
{
	const char *line_end = memchr(text, '\n', length);

	if (line_end == NULL ||
	    sscanf(text, "%20llu %20llu", &save->frames, &save->lost) != 2)
		return fail(save, 1, "the control plane is of another version");
	const size_t at = (size_t)(line_end + 1 - text);
	const int error = write_all(save->file, text + at, length - at);
	if (error != 0)
		return fail_file(save, strerror(-error));
	say_begin(save);
	return 0;
}

/* The control plane forgets a capture that nobody reads, so the answer does not
 * matter. */
static void
end_now(struct save *save)
{
	enum answer answer;
	size_t length;
	char *text;

	if (ask(save, "end", &answer, &text, &length) == 0)
		free(text);
}

/* Take pieces until the last one.  Returns the exit status or -errno. */
static int
take_pieces(struct save *save)
{
	enum answer answer = ANSWER_NOTED;
	bool told = false; /* that the capture is to end */
	size_t length;
	char *text;

	while (answer == ANSWER_NOTED) {
		const bool end = signals > 0 && !told;
		const int error = ask(save, end ? "end" : "read", &answer,
				      &text, &length);
		told |= end;
		if (error != 0)
			return error;
		int status = 0;
		if (answer == ANSWER_NOTED || answer == ANSWER_OK)
			status = write_piece(save, text, length);
		else
			status = fail(save, answer_exit_status(answer), text);
		free(text);
		if (status != 0) {
			end_now(save);
			return status;
		}
	}
	return 0;
}

static void
say_end(const struct save *save, bool json)
{
	if (json && save->file != STDOUT_FILENO) {
		json_t *data =
			json_pack("{s:s s:I s:I s:s}", "file", save->path,
				  "packets", (json_int_t)save->frames, "lost",
				  (json_int_t)save->lost, "outcome",
				  answer_outcome(ANSWER_OK));
		json_dumpf(data, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(data);
		return;
	}
	fprintf(stderr, "%llu %s in %s\n", save->frames,
		plural(save->frames, "packet", "packets"), save->path);
	if (save->lost > 0)
		fprintf(stderr,
			"%llu more were not captured: they came too fast\n",
			save->lost);
}

/* Capture to an open file while signals end the capture. */
static int
run(struct save *save)
{
	const struct sigaction end = {.sa_handler = on_signal};
	const struct sigaction none = {.sa_handler = SIG_IGN};
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	struct sigaction before[sizeof(numbers) / sizeof(numbers[0])];

	signals = 0;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], numbers[i] == SIGPIPE ? &none : &end,
			  &before[i]);
	const int status = take_pieces(save);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &before[i], NULL);
	return status;
}

/* Only the caller may read what it captured.  Another user may have made the
 * file before, or the caller with other rights.  Returns the exit status. */
static int
take_file(struct save *save)
{
	struct stat status;

	if (fstat(save->file, &status) < 0)
		return fail_file(save, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return 0;
	if (status.st_uid != geteuid())
		return fail_file(save, "belongs to another user");
	if (fchmod(save->file, 0600) < 0 || ftruncate(save->file, 0) < 0)
		return fail_file(save, strerror(errno));
	return 0;
}

/* Returns the exit status. */
static int
open_file(struct save *save)
{
	int status = 0;

	if (strcmp(save->path, "-") == 0) {
		save->path = "stdout";
		save->file = STDOUT_FILENO;
	} else {
		save->file =
			open(save->path,
			     O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (save->file < 0)
			return fail_file(save, strerror(errno));
		status = take_file(save);
	}
	/* What somebody wrote in a mail would be commands to the terminal. */
	if (status == 0 && isatty(save->file))
		status = fail_file(save, "a terminal takes no frames");
	return status;
}

/* Returns the exit status, given that of the capture. */
static int
close_file(struct save *save, int status)
{
	if (save->file < 0 || save->file == STDOUT_FILENO)
		return status;
	if (close(save->file) < 0 && status == 0)
		return fail_file(save, strerror(errno));
	return status;
}

/* Add an option of the command to the request. */
static void
add_option(char line[static CTL_LINE_MAX], const char *word, const char *value)
{
	const size_t used = strlen(line);

	if (value != NULL)
		snprintf(line + used, CTL_LINE_MAX - used, " %s %s", word,
			 value);
}

/* Start the capture.  Returns the exit status or -errno. */
static int
start(struct save *save, const struct arguments *arguments)
{
	char line[CTL_LINE_MAX] = "capture start";
	enum answer answer;
	size_t length;
	char *text;

	add_option(line, "from", arguments_get(arguments, "PREFIX"));
	add_option(line, "backend", arguments_get(arguments, "POOL/BACKEND"));
	add_option(line, "packets", arguments_get(arguments, "packets N"));
	add_option(line, "bytes", arguments_get(arguments, "bytes N"));
	const int error = client_ask(save->fd, line, CLIENT_SILENCE_S, &answer,
				     &text, &length);
	if (error != 0)
		return error;
	int status = answer_exit_status(answer);
	if (status != 0)
		fail(save, status, text);
	else if (sscanf(text, "%u", &save->number) != 1)
		status = fail(save, 1,
			      "the control plane is of another version");
	free(text);
	return status;
}

int
savecapture(int fd, const struct arguments *arguments, bool json,
	    char text[static SAVECAPTURE_TEXT_MAX])
{
	struct save save = {.fd = fd,
			    .file = -1,
			    .path = arguments_get(arguments, "FILE.pcapng"),
			    .text = text};

	text[0] = '\0';
	int status = start(&save, arguments);
	if (status != 0)
		return status;
	status = open_file(&save);
	if (status == 0)
		status = run(&save);
	else
		end_now(&save);
	status = close_file(&save, status);
	if (status == 0)
		say_end(&save, json);
	return status;
}
