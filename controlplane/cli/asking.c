/* SPDX-License-Identifier: BSD-3-Clause */
#include "asking.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "commandfind.h"
#include "ctl.h"
#include "terminal.h"

static void
print(FILE *out, const char *text)
{
	const size_t length = strlen(text);

	fputs(text, out);
	if (length > 0 && text[length - 1] != '\n')
		fputc('\n', out);
}

enum status
asking_trouble(const struct asking *asking)
{
	return asking->compares ? NOT_ASKED : FAILED;
}

static void
complain(const struct asking *asking, const char *text, const char *outcome)
{
	if (asking->json) {
		json_t *object = json_pack("{s:s s:s}", "error", text,
					   "outcome", outcome);
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	} else {
		print(stderr, text);
	}
}

enum status
asking_complain(const struct asking *asking, const char *text)
{
	complain(asking, text, answer_outcome(ANSWER_REFUSED));
	return asking_trouble(asking);
}

enum status
asking_misused(const struct asking *asking, const char *text)
{
	complain(asking, text, answer_outcome(ANSWER_USAGE));
	return NOT_ASKED;
}

enum status
asking_too_long(const struct asking *asking)
{
	return asking_misused(asking, "the command is too long");
}

enum status
asking_lost(struct asking *asking, const char *path, int error)
{
	char text[CLIENT_TEXT_MAX];

	asking->lost = true;
	client_describe(error, path, text);
	/* Monitoring plugins write to stdout. */
	if (asking->plugin && !asking->json)
		printf("CRITICAL mxsteer: %s\n", text);
	else
		complain(asking, text, "unreachable");
	return NOT_ASKED;
}

enum status
asking_connect(struct asking *asking)
{
	char found[1024], text[sizeof(found) + 64];

	if (asking->fd >= 0 && client_is_stale(asking->fd)) {
		close(asking->fd);
		asking->fd = -1;
	}
	if (asking->fd >= 0)
		return DONE;
	if (asking->path[0] == '\0') {
		const int error = client_find_socket(found, sizeof(found));
		if (error == -ENOTUNIQ) {
			snprintf(text, sizeof(text),
				 "there are several instances, choose "
				 "one with -s: %s",
				 found);
			complain(asking, text, "unreachable");
			asking->lost = true;
			return NOT_ASKED;
		}
		if (error != 0)
			return asking_lost(asking, "/run/mxsteer/*.sock",
					   error);
		snprintf(asking->path, sizeof(asking->path), "%s", found);
	}
	asking->fd = client_connect(asking->path);
	return asking->fd < 0 ? asking_lost(asking, asking->path, asking->fd)
			      : DONE;
}

/* Write the request line.  Returns false if it is too long. */
static bool
make_line(const struct asking *asking, const char *command, bool watched,
	  char line[static CTL_LINE_MAX])
{
	char terminal[TERMINAL_OPTIONS_MAX];
	const char *columns = asking->columns;

	return snprintf(line, CTL_LINE_MAX, "%s%s%s%s%s%s%s%s",
			watched ? "-p " : "", asking->json ? "-j " : "",
			terminal_options(STDOUT_FILENO, terminal),
			asking->all ? "-a " : "", columns != NULL ? "-o " : "",
			columns != NULL ? columns : "",
			columns != NULL ? " " : "", command) < CTL_LINE_MAX;
}

/* Ask, and let a person see how it goes on. */
static int
watch(int fd, const char *line, uint32_t silence_s, struct client_reply *reply)
{
	const char *before = terminal_on_interrupt(
		"no longer waiting; what was changed stays changed");
	const int error =
		client_follow(fd, line, silence_s, terminal_rewrite, reply);

	terminal_clear();
	terminal_on_interrupt(before);
	return error;
}

/* Send the text of a command, unless the control plane takes none: then *reply is
 * the answer, and *sent is false. */
static int
send_text(const struct asking *asking, struct client_reply *reply, bool *sent)
{
	static const char old[] =
		"the control plane is older than this mxsteer, and takes files "
		"in another way: nothing was sent.  Restart "
		"mxsteer-controlplane, which ends no session, and try again";
	int error = client_follow(asking->fd, "text", CLIENT_SILENCE_S, NULL,
				  reply);

	*sent = false;
	if (error != 0)
		return error;
	if (reply->answer == ANSWER_USAGE) {
		free(reply->text);
		reply->text = strdup(old);
		reply->answer = ANSWER_REFUSED;
		return reply->text == NULL ? -ENOMEM : 0;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	free(reply->text);
	*sent = true;
	return client_send_text(asking->fd, asking->text, asking->text_size);
}

static int
exchange(const struct asking *asking, const char *command, const char *line,
	 bool watched, struct client_reply *reply)
{
	const uint32_t silence_s = client_silence_s(command);
	bool sent = true;
	int error = asking->text == NULL ? 0 : send_text(asking, reply, &sent);

	if (!sent)
		return error;
	/* A client that was turned away finds the reason in the reply. */
	if (error == 0 || error == -ECONNRESET)
		error = watched ? watch(asking->fd, line, silence_s, reply)
				: client_follow(asking->fd, line, silence_s,
						NULL, reply);
	return error;
}

enum status
asking_ask(struct asking *asking, const char *command)
{
	char line[CTL_LINE_MAX];
	struct command_match match;
	struct client_reply reply;

	if (!ctl_is_line(command, strlen(command))) {
		return asking_misused(asking, "a command is one line of "
					      "printable characters");
	}
	command_find(command, false, &match);
	asking->plugin = match.result == COMMAND_FOUND &&
			 strcmp(match.row->words, "status") == 0;
	enum status status = asking_connect(asking);
	if (status != DONE)
		return status;
	/* A person who waits sees how it goes on. */
	const bool watched = !asking->json && terminal_can_rewrite() &&
			     match.result == COMMAND_FOUND &&
			     strcmp(match.row->words, "wait") == 0;
	if (!make_line(asking, command, watched, line))
		return asking_too_long(asking);
	const int error = exchange(asking, command, line, watched, &reply);
	if (error != 0) {
		close(asking->fd);
		asking->fd = -1;
		return asking_lost(asking, asking->path, error);
	}
	print(answer_complains(reply.answer) && !asking->json ? stderr : stdout,
	      reply.text);
	free(reply.text);
	if (reply.answer == ANSWER_REFUSED)
		return asking_trouble(asking);
	return (enum status)answer_exit_status(reply.answer);
}
