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
#include "places.h"
#include "timer.h"

/* Close the connection.  An open request keeps the struct until it is
 * answered. */
static void
client_drop(struct ctl_request *client)
{
	if (!client->asking) {
		places_free(client);
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

/* Handle a request.  A shared socket rests afterwards, so that its callers leave
 * the loop to others. */
static void
handle(struct ctl_request *client, char *line)
{
	struct ctl *ctl = client->ctl;
	const uint64_t begin_ns = clock_ns();

	ctl->handler(ctl->arg, client, line);
	if (!ctl->shared)
		return;
	const uint64_t now_ns = clock_ns();
	ctl->free_ns = now_ns + (now_ns - begin_ns) * (CTL_SHARE - 1);
}

/* Take the next text, or hand the next line over.  Returns false if it is not
 * there yet. */
static bool
client_take_line(struct ctl_request *client)
{
	struct evbuffer *in = bufferevent_get_input(client->stream);
	size_t length;

	if (!enclosure_read(&client->enclosure, in))
		return false;
	char *line = evbuffer_readln(in, &length, EVBUFFER_EOL_CRLF);
	if (line == NULL && evbuffer_get_length(in) < CTL_LINE_MAX)
		return false;
	if (line == NULL || length >= CTL_LINE_MAX) {
		client_refuse(client, "a request line is longer than 4096 "
				      "bytes");
	} else if (!ctl_is_line(line, length)) {
		client_refuse(client, "a request is one line of printable "
				      "characters");
	} else if (enclosure_is_announced(line)) {
		const char *why = places_begin_text(client, line);
		if (why != NULL)
			client_refuse(client, why);
	} else {
		client->asking = true;
		handle(client, line);
	}
	free(line);
	return true;
}

/* The same, and a line that announces a text is no request. */
static bool
client_take_request(struct ctl_request *client)
{
	bool taken = client_take_line(client);

	while (taken && client->enclosure.begun && !client->asking &&
	       !client->closing)
		taken = client_take_line(client);
	return taken;
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
	if (!client->closing &&
	    evbuffer_get_length(bufferevent_get_input(stream)) > 0 &&
	    places_are_resting(client->ctl)) {
		client_hold(client);
		return;
	}
	if (client->closing || (!client_take_request(client) && client->ended))
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

/* The rest is over.  The client that has waited for the longest time is first. */
static void
on_again(void *arg)
{
	struct ctl *ctl = arg;
	struct ctl_request *oldest = NULL;

	for (struct ctl_request *c = ctl->first; c != NULL; c = c->next)
		if (places_wants_turn(c) &&
		    (oldest == NULL || c->since_ms <= oldest->since_ms))
			oldest = c;
	if (oldest == NULL)
		return;
	timer_set(ctl->again, 1); /* for the others */
	on_progress(oldest->stream, oldest);
}

void
ctl_progress(struct ctl_request *request, const char *text, size_t length)
{
	assert(request->asking);
	if (request->stream != NULL &&
	    evbuffer_get_length(bufferevent_get_output(request->stream)) == 0)
		client_answer(request, ANSWER_PROGRESS, text, length);
}

void
ctl_reply(struct ctl_request *request, enum answer answer, const char *text,
	  size_t length)
{
	assert(request->asking);
	request->asking = false;
	enclosure_end(&request->enclosure);
	request->since_ms = (int64_t)clock_ms();
	if (request->stream == NULL) {
		struct ctl *ctl = request->ctl;
		places_free(request);
		if (ctl->listener == NULL && ctl->first == NULL)
			ctl_free(ctl);
		return;
	}
	/* The write callback continues with the next line. */
	client_answer(request, answer, text, length);
}

char *
ctl_take_text(struct ctl_request *request, size_t *size)
{
	return enclosure_take(&request->enclosure, size);
}

struct caller
ctl_caller(const struct ctl_request *request)
{
	return request->caller;
}

enum level
ctl_level(const struct ctl_request *request)
{
	return request->level;
}

const char *
ctl_path(const struct ctl_request *request)
{
	return request->ctl->path;
}

const char *
ctl_socket(const struct ctl *ctl)
{
	return ctl->path;
}

struct ctl_numbers
ctl_count(const struct ctl *ctl)
{
	return (struct ctl_numbers){.clients = ctl->clients,
				    .places = ctl->places,
				    .turned_away = ctl->turned_away};
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
client_new(struct ctl *ctl, int fd, const struct caller *caller,
	   enum level level)
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
		.level = level,
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
	const enum level own = level_of(&ctl->rules, &caller);
	const enum level level = own < ctl->most ? own : ctl->most;

	if (level == LEVEL_NONE)
		places_refuse_stranger(ctl, fd, &caller);
	else if (places_make(ctl, &caller))
		client_new(ctl, fd, &caller, level);
	else
		places_refuse_crowd(ctl, fd, &caller);
}

static int
listen_by(struct ctl *ctl, const struct ctl_door *door)
{
	const struct listener_options options = {.path = door->path,
						 .right = door->right,
						 .backlog = CTL_CLIENTS_MAX};

	ctl->again = timer_new(ctl->base, on_again, ctl);
	if (ctl->again == NULL)
		return -ENOMEM;
	ctl->listener = listener_new(ctl->base, &options, on_accepted, ctl);
	return ctl->listener == NULL ? -errno : 0;
}

struct ctl *
ctl_open(struct event_base *base, const struct ctl_door *door,
	 ctl_handler handler, void *arg)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (ctl == NULL)
		return NULL;
	ctl->base = base;
	ctl->handler = handler;
	ctl->arg = arg;
	ctl->rules = door->rules;
	ctl->most = door->most;
	ctl->shared = door->places != 0;
	ctl->places = door->places != 0
			      ? door->places
			      : descriptors_share().clients - CTL_ROOT_MAX;
	snprintf(ctl->path, sizeof(ctl->path), "%s", door->path);
	const int error = listen_by(ctl, door);
	if (error != 0) {
		timer_free(ctl->again);
		free(ctl);
		errno = -error;
		return NULL;
	}
	return ctl;
}

struct ctl *
ctl_new(struct event_base *base, const char *path, ctl_handler handler,
	void *arg)
{
	/* The file lets in root and the group alone. */
	const struct ctl_door door = {.path = path,
				      .rules = {.everyone = LEVEL_ADMIN},
				      .most = LEVEL_ADMIN};

	return ctl_open(base, &door, handler, arg);
}

void
ctl_free(struct ctl *ctl)
{
	while (ctl->first != NULL) {
		/* places_free() takes the client out of the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		assert(!ctl->first->asking);
		places_free(ctl->first);
	}
	if (ctl->listener != NULL)
		listener_free(ctl->listener);
	timer_free(ctl->again);
	free(ctl);
}

void
ctl_close(struct ctl *ctl)
{
	listener_free(ctl->listener);
	ctl->listener = NULL;
	for (struct ctl_request *c = ctl->first, *next; c != NULL; c = next) {
		next = c->next;
		client_drop(c);
	}
	if (ctl->first == NULL)
		ctl_free(ctl);
}
