/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "commandfind.h"
#include "ctl.h"
#include "hostuser.h"

#define SOCKETS "/run/mxsteer/*.sock"
#define CONFIGURATIONS "/etc/mxsteer/*.yaml"
#define REPLY_MAX (64 * 1024 * 1024)

/* How much longer than its own limit a `wait` may take to answer. */
#define WAIT_GRACE_S 5

/* Ten million sessions are read in some seconds, and others may be before. */
#define LISTING_SILENCE_S 60

uint32_t
client_silence_s(const char *command)
{
	static const char *const listings[] = {"show sessions", "show clients",
					       "lookup"};
	struct command_match match;
	unsigned seconds;

	command_find(command, false, &match);
	if (match.result != COMMAND_FOUND)
		return CLIENT_SILENCE_S;
	if (strcmp(match.row->words, "wait") == 0 &&
	    sscanf(match.rest, "%5u", &seconds) == 1)
		return seconds + WAIT_GRACE_S;
	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++)
		if (strcmp(match.row->words, listings[i]) == 0)
			return LISTING_SILENCE_S;
	return CLIENT_SILENCE_S;
}

/* The sockets of an instance, the one that allows most first. */
static const char *const endings[] = {".sock", ".operate.sock", ".read.sock"};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

/* The place of the ending in a socket's path.  It is the end of the path if there is
 * none of them. */
static const char *
ending_of(const char *path)
{
	const size_t length = strlen(path);

	for (size_t i = ENDINGS; i-- > 0;) {
		const size_t end = strlen(endings[i]);

		if (length > end &&
		    strcmp(&path[length - end], endings[i]) == 0)
			return &path[length - end];
	}
	return &path[length];
}

/* Of SOCKETS: is it the operators' socket of an instance? */
static bool
is_main(const char *path)
{
	return strcmp(ending_of(path), endings[0]) == 0;
}

/* The length of a socket's path without its ending: that of all sockets of the
 * instance. */
static int
stem_of(const char *path)
{
	return (int)(ending_of(path) - path);
}

/* Choose the first socket of an instance that this user may open; or the
 * operators', whose error tells the user what to do.  Returns whether the user
 * may open it. */
static bool
choose_socket(char *path, size_t size)
{
	const int stem = stem_of(path);
	char other[PATH_MAX];

	for (size_t i = 0; i < ENDINGS; i++) {
		snprintf(other, sizeof(other), "%.*s%s", stem, path,
			 endings[i]);
		if (access(other, W_OK) != 0)
			continue;
		snprintf(path, size, "%s", other);
		return true;
	}
	return false;
}

int
client_find_socket(char *path, size_t size)
{
	glob_t found;
	size_t used = 0, count = 0;

	if (glob(SOCKETS, 0, NULL, &found) != 0)
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && used < size; i++)
		if (is_main(found.gl_pathv[i]))
			used += (size_t)snprintf(path + used, size - used,
						 "%s%s", count++ > 0 ? " " : "",
						 found.gl_pathv[i]);
	globfree(&found);
	if (count != 1)
		return count == 0 ? -ENOENT : -ENOTUNIQ;
	choose_socket(path, size);
	return 0;
}

static int
limit_silence(int fd, uint32_t silence_s)
{
	const struct timeval limit = {.tv_sec = silence_s};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) <
		    0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	return 0;
}

/* What errno means for a socket with a limit. */
static int
socket_error(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK ? -ETIMEDOUT : -errno;
}

int
client_connect(const char *path)
{
	return client_connect_within(path, CLIENT_SILENCE_S);
}

int
client_connect_within(const char *path, uint32_t silence_s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = limit_silence(fd, silence_s);
	if (error == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = socket_error();
	if (error != 0) {
		close(fd);
		return error;
	}
	return fd;
}

/* Has this host the file of an instance, so that its units start? */
static bool
has_configuration(void)
{
	glob_t found;
	const int error = glob(CONFIGURATIONS, 0, NULL, &found);

	if (error == 0)
		globfree(&found);
	return error != GLOB_NOMATCH;
}

/* The groups that sockets of the instance are for: ", to the group mxread". */
static void
write_groups(const char *path, char *text, size_t size)
{
	char other[PATH_MAX], name[HOSTUSER_NAME_MAX];
	struct stat status;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 1; i < ENDINGS && used < size; i++) {
		snprintf(other, sizeof(other), "%.*s%s", stem_of(path), path,
			 endings[i]);
		if (stat(other, &status) < 0 || status.st_gid == 0)
			continue;
		hostuser_group_name(status.st_gid, name);
		used += (size_t)snprintf(text + used, size - used,
					 ", to the group %s", name);
	}
}

/* This user may not open the socket: tell which one is for the user, or which
 * groups there are. */
static void
describe_denial(const char *path, char text[static CLIENT_TEXT_MAX])
{
	char other[PATH_MAX], found[PATH_MAX], groups[128];

	snprintf(other, sizeof(other), "%s", path);
	if (choose_socket(other, sizeof(other)) && strcmp(other, path) != 0) {
		const bool alone =
			client_find_socket(found, sizeof(found)) == 0 &&
			strcmp(found, other) == 0;
		snprintf(text, CLIENT_TEXT_MAX,
			 "you may not use %s: take -s %s%s", path, other,
			 alone ? ", or leave -s out" : "");
		return;
	}
	write_groups(path, groups, sizeof(groups));
	snprintf(text, CLIENT_TEXT_MAX,
		 "the control plane talks to root, to the group mxsteer%s: "
		 "ask for membership, which counts from the next login, or use "
		 "sudo mxsteer ...  Tried %s",
		 groups, path);
}

void
client_describe(int error, const char *path, char text[static CLIENT_TEXT_MAX])
{
	if (error == -ETIMEDOUT)
		snprintf(text, CLIENT_TEXT_MAX,
			 "the control plane does not answer: it is stopped, or "
			 "hangs.  Tried %s",
			 path);
	else if (error == -EACCES)
		describe_denial(path, text);
	else
		snprintf(text, CLIENT_TEXT_MAX,
			 "cannot talk to the control plane: %s\n"
			 "%s Tried %s",
			 strerror(-error),
			 error == -ENOENT && !has_configuration()
				 ? "There is no " CONFIGURATIONS ", and "
				   "without one no plane starts."
				 : "Is mxsteer-controlplane running?",
			 path);
}

bool
client_is_stale(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       errno != EAGAIN;
}

static int
send_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		const ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EPIPE ? -ECONNRESET : socket_error();
		data += sent;
		length -= (size_t)sent;
	}
	return 0;
}

static int
receive_all(int fd, char *data, size_t length)
{
	while (length > 0) {
		const ssize_t got = recv(fd, data, length, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return socket_error();
		if (got == 0)
			return -ECONNRESET;
		data += got;
		length -= (size_t)got;
	}
	return 0;
}

/* "WORD LENGTH\n" */
static int
receive_header(int fd, enum answer *answer, size_t *length)
{
	char header[32];
	size_t used = 0;
	char word[16];
	char end;

	do {
		if (used == sizeof(header) - 1)
			return -EPROTO;
		const int error = receive_all(fd, &header[used], 1);
		if (error != 0)
			return error;
	} while (header[used++] != '\n');
	header[used] = '\0';
	if (sscanf(header, "%15s %9zu%c", word, length, &end) != 3 ||
	    end != '\n' || *length > REPLY_MAX)
		return -EPROTO;
	return answer_find(word, answer) ? 0 : -EPROTO;
}

/* Receive one text with its word. */
static int
receive(int fd, struct client_reply *reply)
{
	int error = receive_header(fd, &reply->answer, &reply->length);

	if (error != 0)
		return error;
	reply->text = malloc(reply->length + 1);
	if (reply->text == NULL)
		return -ENOMEM;
	error = receive_all(fd, reply->text, reply->length);
	if (error != 0) {
		free(reply->text);
		return error;
	}
	reply->text[reply->length] = '\0';
	return 0;
}

int
client_send_text(int fd, const char *text, size_t size)
{
	char line[32];

	const int length = snprintf(line, sizeof(line), "text %zu\n", size);
	const int error = send_all(fd, line, (size_t)length);
	return error != 0 ? error : send_all(fd, text, size);
}

int
client_follow(int fd, const char *line, uint32_t silence_s,
	      void (*told)(const char *text), struct client_reply *reply)
{
	if (strlen(line) + 1 > CTL_LINE_MAX)
		return -EMSGSIZE;
	int error = limit_silence(fd, silence_s);
	if (error == 0)
		error = send_all(fd, line, strlen(line));
	if (error == 0)
		error = send_all(fd, "\n", 1);
	/* A control plane that refuses the client answers before it reads the
	 * request. */
	if (error == 0 || error == -ECONNRESET)
		error = receive(fd, reply);
	while (error == 0 && reply->answer == ANSWER_PROGRESS) {
		if (told != NULL)
			told(reply->text);
		free(reply->text);
		error = receive(fd, reply);
	}
	return error;
}

int
client_ask(int fd, const char *line, uint32_t silence_s, enum answer *answer,
	   char **text, size_t *length)
{
	struct client_reply reply;
	const int error = client_follow(fd, line, silence_s, NULL, &reply);

	if (error != 0)
		return error;
	*answer = reply.answer;
	*text = reply.text;
	*length = reply.length;
	return 0;
}
