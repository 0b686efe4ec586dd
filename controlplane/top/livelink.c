/* SPDX-License-Identifier: BSD-3-Clause */
#include "livelink.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEADER_MAX 32

struct livelink {
	struct event_base *base;
	struct sockaddr_un address;
	struct livelink_reader reader;
	struct bufferevent *stream; /* NULL: there is no connection */
	bool busy;
	bool has_header;
	enum answer answer;
	size_t length; /* of the answer's text, if there is a header */
	char why[256]; /* the last request has no answer */
};

static void
hang_up(struct livelink *link)
{
	if (link->stream != NULL)
		bufferevent_free(link->stream); /* it closes the socket */
	link->stream = NULL;
	link->has_header = false;
}

static void
lose(struct livelink *link, const char *why)
{
	const bool busy = link->busy;

	hang_up(link);
	link->busy = false;
	if (busy)
		link->reader.lost(link->reader.arg, why);
}

/* Read "WORD LENGTH\n".  Returns false if it is not that. */
static bool
parse_header(struct livelink *link, const char *header)
{
	char word[16], end;

	return sscanf(header, "%15s %9zu%c", word, &link->length, &end) == 2 &&
	       link->length <= LIVELINK_ANSWER_MAX &&
	       answer_find(word, &link->answer);
}

/* Returns whether there is a header now. */
static bool
read_header(struct livelink *link, struct evbuffer *input)
{
	char *header = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF);

	if (header == NULL) {
		if (evbuffer_get_length(input) > HEADER_MAX)
			lose(link, "what answers there is no control plane");
		return false;
	}
	link->has_header = parse_header(link, header);
	free(header);
	if (!link->has_header)
		lose(link, "what answers there is no control plane");
	return link->has_header;
}

static void
finish(struct livelink *link, struct evbuffer *input)
{
	char *text = malloc(link->length + 1);

	link->has_header = false;
	if (text == NULL) {
		lose(link, "not enough memory");
		return;
	}
	evbuffer_remove(input, text, link->length);
	text[link->length] = '\0';
	if (link->answer == ANSWER_PROGRESS) {
		free(text);
		return;
	}
	link->busy = false;
	link->reader.answered(link->reader.arg, link->answer, text,
			      link->length);
}

static void
on_data(struct bufferevent *stream, void *arg)
{
	struct livelink *link = arg;
	struct evbuffer *input = bufferevent_get_input(stream);

	if (!link->busy) { /* nothing was asked */
		lose(link, "");
		return;
	}
	while (link->busy && link->stream == stream &&
	       (link->has_header || read_header(link, input)) &&
	       evbuffer_get_length(input) >= link->length)
		finish(link, input);
}

static void
on_end(struct bufferevent *stream, short what, void *arg)
{
	(void)stream;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		lose(arg, "the control plane closed the connection");
}

/* A local socket connects at once, or not at all: it waits if the other end does not
 * accept, and then errno is EAGAIN.  Returns a socket or -errno. */
static int
open_socket(const struct sockaddr_un *address)
{
	const int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
	    0)
		return fd;
	const int error = errno;
	close(fd);
	return -error;
}

/* Returns NULL, or why there is no connection.  link->why has room for that. */
static const char *
dial(struct livelink *link)
{
	const int fd = open_socket(&link->address);

	if (fd < 0) {
		snprintf(link->why, sizeof(link->why),
			 "no control plane answers at %s: %s",
			 link->address.sun_path,
			 fd == -EAGAIN ? "it is stopped, or hangs"
				       : strerror(-fd));
		return link->why;
	}
	link->stream =
		bufferevent_socket_new(link->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (link->stream == NULL) {
		close(fd);
		return "not enough memory";
	}
	bufferevent_setcb(link->stream, on_data, NULL, on_end, link);
	bufferevent_enable(link->stream, EV_READ | EV_WRITE);
	return NULL;
}

struct livelink *
livelink_new(struct event_base *base, const char *path,
	     const struct livelink_reader *reader)
{
	struct livelink *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->base = base;
	link->reader = *reader;
	link->address.sun_family = AF_UNIX;
	/* A path that does not fit was refused when it was first connected to. */
	snprintf(link->address.sun_path, sizeof(link->address.sun_path), "%s",
		 path);
	return link;
}

void
livelink_free(struct livelink *link)
{
	if (link == NULL)
		return;
	hang_up(link);
	free(link);
}

void
livelink_ask(struct livelink *link, const char *line)
{
	const char *why = link->stream == NULL ? dial(link) : NULL;

	link->busy = true;
	if (why != NULL)
		lose(link, why);
	else
		evbuffer_add_printf(bufferevent_get_output(link->stream),
				    "%s\n", line);
}

bool
livelink_is_busy(const struct livelink *link)
{
	return link->busy;
}
