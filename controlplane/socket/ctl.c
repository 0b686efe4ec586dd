/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "listener.h"
#include "log.h"
#include "timer.h"

/* A client with its request: a client has one request at a time. */
struct ctl_request {
	struct ctl *ctl;
	struct bufferevent *stream; /* NULL: the connection is gone */
	struct caller caller;
	bool asking;      /* a request is being handled */
	bool ended;       /* the client will send no more */
	bool closing;     /* close when the last reply is out */
	int64_t since_ms; /* when it connected, or last got an answer */
	struct ctl_request *next;
};

struct ctl {
	struct event_base *base;
	struct listener *listener;
	ctl_handler handler;
	void *arg;
	uint32_t clients;
	uint32_t places; /* for users other than root, who has CTL_ROOT_MAX
			  * more */
	struct ctl_request *first; /* the newest */
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

/* Close the connection.  An open request keeps the struct until it is
 * answered. */
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

/* Report a protocol error to the client, then close. */
static void
client_refuse(struct ctl_request *client, const char *text)
{
	client_answer(client, ANSWER_REFUSED, text, strlen(text));
	client->closing = true;
	bufferevent_disable(client->stream, EV_READ);
}

bool
ctl_is_line(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') ||
		    text[i] == 0x7f)
			return false;
	return true;
}

/* Hand the next line over if its turn has come.  Returns true if it did. */
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
	} else if (!ctl_is_line(line, length)) {
		client_refuse(client, "a request is one line of printable "
				      "characters");
	} else {
		client->asking = true;
		client->ctl->handler(client->ctl->arg, client, line);
	}
	free(line);
	return true;
}

/* The buffer of lines is full, and no line can be taken now.  Stop reading:
 * libevent calls on_progress() again and again for a stream that is read and
 * whose buffer is full. */
static void
client_hold(struct ctl_request *client)
{
	struct evbuffer *in = bufferevent_get_input(client->stream);

	if (evbuffer_get_length(in) >= CTL_LINE_MAX)
		bufferevent_disable(client->stream, EV_READ);
}

/* Handle one request at a time, and none while a reply is still on its way out.
 * So a client holds at most one reply and one buffer of lines. */
static void
on_progress(struct bufferevent *stream, void *arg)
{
	struct ctl_request *client = arg;
	struct evbuffer *out = bufferevent_get_output(stream);

	if (client->asking || evbuffer_get_length(out) > 0) {
		client_hold(client);
		return;
	}
	if (client->closing || (!client_take_line(client) && client->ended))
		client_drop(client);
	else if (!client->closing && !client->ended)
		bufferevent_enable(stream, EV_READ);
}

static void
on_trouble(struct bufferevent *stream, short what, void *arg)
{
	struct ctl_request *client = arg;

	if (what & BEV_EVENT_EOF) {
		/* The client may have closed only its sending side. */
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
	request->since_ms = (int64_t)clock_ms();
	if (request->stream == NULL) {
		client_free(request);
		return;
	}
	/* The write callback continues with the next line. */
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

/* The client that has been idle for the longest time, or NULL if none has been
 * idle for spare_ms. */
static struct ctl_request *
longest_idle(const struct ctl *ctl, int64_t spare_ms)
{
	const int64_t now = (int64_t)clock_ms();
	struct ctl_request *found = NULL;

	for (struct ctl_request *c = ctl->first; c != NULL; c = c->next) {
		if (c->asking || now - c->since_ms < spare_ms ||
		    evbuffer_get_length(bufferevent_get_output(c->stream)) > 0)
			continue;
		if (found == NULL || c->since_ms <= found->since_ms)
			found = c;
	}
	return found;
}

/* Is there a place for one more client?  If not, close an idle client and take
 * its place.  For root, a client that has just connected counts as idle too. */
static bool
make_room(struct ctl *ctl, const struct caller *caller)
{
	const bool root = caller->known && caller->uid == 0;

	if (ctl->clients < ctl->places)
		return true;
	struct ctl_request *idle = longest_idle(ctl, root ? 0 : CTL_SPARE_MS);
	if (idle != NULL) {
		client_free(idle);
		return true;
	}
	return root && ctl->clients < ctl->places + CTL_ROOT_MAX;
}

/* Report that there is no place, and close. */
static void
turn_away(const struct ctl *ctl, int fd)
{
	char text[160], reply[192];

	const int length = snprintf(
		text, sizeof(text),
		"all %u places of the CLI socket are taken by clients that "
		"wait for an answer or came a moment ago; try again later",
		ctl->places);
	const int size = snprintf(reply, sizeof(reply), "%s %d\n%s",
				  answer_word(ANSWER_REFUSED), length, text);
	/* The send buffer of a new socket is empty, so the text fits. */
	if (send(fd, reply, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_line(LOG_LEVEL_WARN, "a CLI client was turned away");
	close(fd);
}

static void
client_new(struct ctl *ctl, int fd, const struct caller *caller)
{
	struct ctl_request *client = calloc(1, sizeof(*client));
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
		.caller = *caller,
		.since_ms = (int64_t)clock_ms(),
		.next = ctl->first,
	};
	ctl->first = client;
	ctl->clients++;
	bufferevent_setcb(stream, on_progress, on_progress, on_trouble, client);
	bufferevent_setwatermark(stream, EV_READ, 0, CTL_LINE_MAX);
	timer_limit_stream(stream, CTL_IDLE_S, CTL_WRITE_S);
	bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static void
on_accepted(void *arg, int fd)
{
	struct ctl *ctl = arg;
	const struct caller caller = caller_of(fd);

	if (make_room(ctl, &caller))
		client_new(ctl, fd, &caller);
	else
		turn_away(ctl, fd);
}

struct ctl *
ctl_new(struct event_base *base, const char *path, ctl_handler handler,
	void *arg)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (ctl == NULL)
		return NULL;
	ctl->base = base;
	ctl->handler = handler;
	ctl->arg = arg;
	ctl->places = descriptors_share().clients - CTL_ROOT_MAX;
	ctl->listener =
		listener_new(base, path, CTL_CLIENTS_MAX, on_accepted, ctl);
	if (ctl->listener == NULL) {
		const int error = errno;
		free(ctl);
		errno = error;
		return NULL;
	}
	return ctl;
}

void
ctl_free(struct ctl *ctl)
{
	while (ctl->first != NULL) {
		/* client_free() takes the client out of the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		assert(!ctl->first->asking);
		client_free(ctl->first);
	}
	listener_free(ctl->listener);
	free(ctl);
}
