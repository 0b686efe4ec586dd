/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A client and its request are one: there is at most one request a client. */
struct ctl_request {
	struct ctl *ctl;
	struct bufferevent *stream; /* NULL: the connection is gone */
	struct caller caller;
	bool asking;  /* the handler owes an answer */
	bool ended;   /* nothing more will come from the client */
	bool closing; /* close when the last reply is out */
	struct ctl_request *next;
};

struct ctl {
	struct event_base *base;
	struct evconnlistener *listener;
	ctl_handler handler;
	void *arg;
	uint32_t clients;
	struct ctl_request *first;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static void
client_free(struct ctl_request *client)
{
	struct ctl_request **link = &client->ctl->first;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->ctl->clients--;
	if (client->stream != NULL)
		bufferevent_free(client->stream);
	free(client);
}

/* The connection is of no more use; an open request keeps the rest alive. */
static void
client_drop(struct ctl_request *client)
{
	if (!client->asking) {
		client_free(client);
		return;
	}
	if (client->stream != NULL)
		bufferevent_free(client->stream);
	client->stream = NULL;
}

static void
client_answer(struct ctl_request *client, enum answer answer, const char *text,
	      size_t length)
{
	struct evbuffer *out = bufferevent_get_output(client->stream);

	evbuffer_add_printf(out, "%s %zu\n", answer_word(answer), length);
	evbuffer_add(out, text, length);
}

/* A protocol error: say so once, then close. */
static void
client_refuse(struct ctl_request *client, const char *text)
{
	client_answer(client, ANSWER_REFUSED, text, strlen(text));
	client->closing = true;
	bufferevent_disable(client->stream, EV_READ);
}

static bool
line_is_printable(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') ||
		    line[i] == 0x7f)
			return false;
	return true;
}

/* Take the next line if it is its turn; true if one was handed over. */
static bool
client_take_line(struct ctl_request *client)
{
	struct evbuffer *in = bufferevent_get_input(client->stream);
	size_t length;

	char *line = evbuffer_readln(in, &length, EVBUFFER_EOL_CRLF);
	if (line == NULL && evbuffer_get_length(in) < CTL_LINE_MAX)
		return false;
	if (line == NULL || length >= CTL_LINE_MAX) {
		client_refuse(client, "a request line is longer than 4096 "
				      "bytes");
	} else if (!line_is_printable(line, length)) {
		client_refuse(client, "a request is one line of printable "
				      "characters");
	} else {
		client->asking = true;
		client->ctl->handler(client->ctl->arg, client, line);
	}
	free(line);
	return true;
}

/* One request at a time, and none while a reply is still on its way out: so a
 * client holds at most one reply and one buffer of lines. */
static void
on_progress(struct bufferevent *stream, void *arg)
{
	struct ctl_request *client = arg;
	struct evbuffer *out = bufferevent_get_output(stream);

	if (client->asking || evbuffer_get_length(out) > 0)
		return;
	if (client->closing || (!client_take_line(client) && client->ended))
		client_drop(client);
}

static void
on_trouble(struct bufferevent *stream, short what, void *arg)
{
	struct ctl_request *client = arg;

	if (what & BEV_EVENT_EOF) {
		/* It may have closed its sending side only. */
		client->ended = true;
		on_progress(stream, client);
		return;
	}
	if ((what & BEV_EVENT_TIMEOUT) && (what & BEV_EVENT_READING) &&
	    client->asking) {
		bufferevent_enable(stream, EV_READ);
		return;
	}
	client_drop(client);
}

void
ctl_reply(struct ctl_request *request, enum answer answer, const char *text,
	  size_t length)
{
	assert(request->asking);
	request->asking = false;
	if (request->stream == NULL) {
		client_free(request);
		return;
	}
	/* The write callback goes on with the next line. */
	client_answer(request, answer, text, length);
}

struct caller
ctl_caller(const struct ctl_request *request)
{
	return request->caller;
}

bool
ctl_abandoned(const struct ctl_request *request)
{
	if (request->stream == NULL)
		return true;
	struct pollfd look = {.fd = bufferevent_getfd(request->stream)};
	return poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR));
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
	  struct sockaddr *address, int length, void *arg)
{
	const struct timeval idle = {.tv_sec = CTL_IDLE_S};
	const struct timeval stuck = {.tv_sec = CTL_WRITE_S};
	struct ctl *ctl = arg;
	struct ctl_request *client = calloc(1, sizeof(*client));

	(void)listener, (void)address, (void)length;
	struct bufferevent *stream =
		bufferevent_socket_new(ctl->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (client == NULL || stream == NULL) {
		free(client);
		if (stream != NULL)
			bufferevent_free(stream);
		else
			close(fd);
		return;
	}
	*client = (struct ctl_request){
		.ctl = ctl,
		.stream = stream,
		.caller = caller_of(fd),
		.next = ctl->first,
	};
	ctl->first = client;
	ctl->clients++;
	bufferevent_setcb(stream, on_progress, on_progress, on_trouble, client);
	bufferevent_setwatermark(stream, EV_READ, 0, CTL_LINE_MAX);
	bufferevent_set_timeouts(stream, &idle, &stuck);
	bufferevent_enable(stream, EV_READ | EV_WRITE);
	if (ctl->clients > CTL_CLIENTS_MAX)
		client_refuse(client, "too many clients are connected");
}

/* 0 if the name is free now, or -errno. */
static int
clear_stale_socket(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	const int connected =
		connect(fd, (const struct sockaddr *)address, sizeof(*address));
	const int error = connected == 0 ? EADDRINUSE : errno;
	close(fd);
	if (error == ENOENT)
		return 0;
	if (error != ECONNREFUSED)
		return -error;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

struct ctl *
ctl_new(struct event_base *base, const char *path, ctl_handler handler,
	void *arg)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (ctl == NULL)
		return NULL;
	int error = ENAMETOOLONG;
	if (strlen(path) >= sizeof(address.sun_path))
		goto err_free;
	memcpy(address.sun_path, path, strlen(path));
	memcpy(ctl->path, path, strlen(path));
	ctl->base = base;
	ctl->handler = handler;
	ctl->arg = arg;

	error = -clear_stale_socket(&address);
	if (error != 0)
		goto err_free;
	const mode_t mask = umask(0117);
	ctl->listener = evconnlistener_new_bind(
		base, on_accept, ctl,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, CTL_CLIENTS_MAX,
		(struct sockaddr *)&address, sizeof(address));
	error = errno;
	umask(mask);
	if (ctl->listener == NULL)
		goto err_free;
	return ctl;

err_free:
	free(ctl);
	errno = error;
	return NULL;
}

void
ctl_free(struct ctl *ctl)
{
	while (ctl->first != NULL) {
		assert(!ctl->first->asking);
		client_free(ctl->first);
	}
	evconnlistener_free(ctl->listener);
	unlink(ctl->path);
	free(ctl);
}
