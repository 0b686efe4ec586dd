/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLIENT_H
#define MX_CLIENT_H

/* The client of the CLI socket (ctl.h): one connection, one request after the
 * other.
 * Threads    one. */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"

/* A live control plane answers at once, or within PUBLISH_ACK_MAX_MS.  `wait`
 * takes as long as its argument says. */
#define CLIENT_SILENCE_S 10

/* How long the answer to a command may take.  For `wait` that is the time that
 * the command names, and a bit more. */
uint32_t client_silence_s(const char *command);

/* Write the path of the only instance's socket on this host into path[size]: of
 * its sockets the one that allows most, of those that this user may open.
 * Returns 0, -ENOENT if there is none, -ENOTUNIQ if there are several: path
 * then has their names, as far as they fit. */
int client_find_socket(char *path, size_t size);

/* Returns a connected socket; -ETIMEDOUT if the connection was not accepted
 * within CLIENT_SILENCE_S, or so many seconds; or -errno. */
int client_connect(const char *path);
int client_connect_within(const char *path, uint32_t silence_s);

/* Write what an error of client_connect() or client_ask() means, for a
 * person. */
#define CLIENT_TEXT_MAX (2 * PATH_MAX + 320)
void client_describe(int error, const char *path,
		     char text[static CLIENT_TEXT_MAX]);

/* Has the other end closed the connection between two requests? */
bool client_is_stale(int fd);

/* Send a request line (without its end) and wait for the reply, up to silence_s
 * for each piece of it.  Returns 0 with *answer and *text of *length bytes and
 * a terminator, which the caller frees; -ETIMEDOUT; -EMSGSIZE if the line is too long; -EPROTO if the other
 * end is no control plane; -ECONNRESET if it went away; or -errno. */
int client_ask(int fd, const char *line, uint32_t silence_s,
	       enum answer *answer, char **text, size_t *length);

/* Send the text of the next request.  The same errors. */
int client_send_text(int fd, const char *text, size_t size);

struct client_reply {
	enum answer answer;
	char *text; /* of length bytes and a terminator; the caller frees it */
	size_t length;
};

/* The same.  told: gets each text that tells how the request goes on. */
int client_follow(int fd, const char *line, uint32_t silence_s,
		  void (*told)(const char *text), struct client_reply *reply);

#endif /* MX_CLIENT_H */
