/* SPDX-License-Identifier: BSD-3-Clause */
#include "webserver.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "clock.h"
#include "eventlog.h"
#include "feed.h"
#include "hostname.h"
#include "listensocket.h"
#include "webplaces.h"
#include "reports.h"
#include "state.h"
#include "timer.h"
#include "webpages.h"
#include "webreply.h"
#include "webtext.h"

#define SUBJECT_MAX (MX_ENDPOINT_TEXT_MAX + 8)

struct webserver {
	struct event_base *base;
	const struct sources *sources;
	struct timer *tick;              /* every second */
	struct timer *start;             /* accepting goes on */
	struct evhttp *http;             /* NULL: it does not listen */
	struct evconnlistener *listener; /* of http, which frees it */
	struct mx_endpoint listen;
	int error;
	int64_t again_s;  /* when to try again */
	int64_t failed_s; /* the last connection could not be accepted */
	uint32_t accepts; /* since the last pause */
	struct webplaces places;
	struct feed feed;
	struct web_count count;
	struct webtext *text[WEB_PAGES]; /* what was said last */
};

/* errno of the last accept() that failed.  libevent gives that callback the
 * evhttp, which has no room for a pointer of ours. */
static int accept_error;

static const char *
subject_of(const struct webserver *server, char text[static SUBJECT_MAX])
{
	char address[MX_ENDPOINT_TEXT_MAX];

	snprintf(text, SUBJECT_MAX, "http %s",
		 mx_endpoint_format(&server->listen, address));
	return text;
}

static void
refuse(struct webserver *server, struct evhttp_request *request,
       enum web_refusal reason)
{
	server->count.refused[reason]++;
	webreply_refuse(request, reason);
}

/* The text of a page: the last one, or a new one. */
static struct webtext *
page_text(struct webserver *server, const struct web_page *page)
{
	struct webtext **text = &server->text[page - web_pages];

	if (webtext_is_fresh(*text))
		return *text;
	webtext_leave(*text);
	*text = webtext_new();
	if (*text != NULL)
		*text = webtext_finish(
			*text, page->write((*text)->out, server->sources));
	return *text;
}

static void
answer(struct webserver *server, struct evhttp_request *request,
       const struct web_page *page)
{
	struct webtext *text = page_text(server, page);
	struct evbuffer *body = evbuffer_new();

	if (text == NULL || body == NULL || webtext_add(text, body) != 0) {
		if (body != NULL)
			evbuffer_free(body);
		refuse(server, request, WEB_MEMORY);
		return;
	}
	server->count.pages++;
	if (page->policy != NULL)
		webreply_set_policy(request, page->policy);
	webreply_send(request, page->type, text->status, body);
}

/* Is the request for this server?  One of HTTP 1.0 need not say for whom it is;
 * no browser sends such a request.  Two Hosts are one too many, RFC 9112 3.2. */
static bool
has_our_host(const struct webserver *server, struct evhttp_request *request)
{
	const struct mx_config_http *http =
		&server->sources->state->config->http;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *in_uri = evhttp_uri_get_host(uri);
	const struct evkeyvalq *headers =
		evhttp_request_get_input_headers(request);
	const struct evkeyval *header;
	uint32_t hosts = 0;

	if (in_uri != NULL && !hostname_is_ours(http, in_uri))
		return false;
	for (header = TAILQ_FIRST(headers); header != NULL;
	     header = TAILQ_NEXT(header, next)) {
		if (strcasecmp(header->key, "Host") != 0)
			continue;
		if (++hosts > 1 || !hostname_is_ours(http, header->value))
			return false;
	}
	return hosts == 1 || (request->major == 1 && request->minor == 0);
}

static void
answer_feed(struct webserver *server, struct evhttp_request *request,
	    struct webplace *place)
{
	const bool is_head =
		evhttp_request_get_command(request) == EVHTTP_REQ_HEAD;
	struct evbuffer *nothing = is_head ? evbuffer_new() : NULL;

	if (place == NULL || (!is_head && !feed_has_room(&server->feed))) {
		refuse(server, request, WEB_FEEDS);
		return;
	}
	server->count.pages++;
	if (nothing != NULL)
		webreply_send(request, FEED_TYPE, HTTP_OK, nothing);
	else
		feed_join(&server->feed, request, place);
}

static void
on_request(struct evhttp_request *request, void *arg)
{
	struct webserver *server = arg;
	struct webplace *place =
		webplaces_find(&server->places,
			       evhttp_connection_get_bufferevent(
				       evhttp_request_get_connection(request)));
	const enum evhttp_cmd_type method = evhttp_request_get_command(request);
	const struct web_page *page = web_page_find(
		evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request)));

	/* evhttp leaves the connection of CONNECT open, whatever we say. */
	if (place != NULL)
		webplace_enter(place, method == EVHTTP_REQ_CONNECT
					      ? PLACE_DONE
					      : PLACE_ANSWERED);
	if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD)
		refuse(server, request, WEB_METHOD);
	else if (!has_our_host(server, request))
		refuse(server, request, WEB_HOST);
	else if (page == NULL)
		refuse(server, request, WEB_PATH);
	else if (page->write != NULL)
		answer(server, request, page);
	else
		answer_feed(server, request, place);
}

/* A connection is being accepted.  libevent accepts as long as there are any,
 * which others can make last for ever. */
static struct bufferevent *
on_accept(struct event_base *base, void *arg)
{
	struct webserver *server = arg;

	if (++server->accepts >= WEB_ACCEPTS) {
		evconnlistener_disable(server->listener);
		timer_set(server->start, WEB_PAUSE_MS);
	}
	return webplaces_take(&server->places, base);
}

static void
on_accept_error(struct evconnlistener *listener, void *http)
{
	(void)http;
	accept_error = EVUTIL_SOCKET_ERROR();
	evconnlistener_disable(listener);
}

static void
on_start(void *arg)
{
	struct webserver *server = arg;

	server->accepts = 0;
	if (server->listener != NULL)
		evconnlistener_enable(server->listener);
}

/* End all connections, and do not listen. */
static void
close_server(struct webserver *server)
{
	if (server->http == NULL)
		return;
	evhttp_free(server->http);
	webplaces_end(&server->places);
	server->http = NULL;
	server->listener = NULL;
}

/* fd is given away.  Returns 0 or -ENOMEM. */
static int
serve(struct webserver *server, int fd)
{
	server->http = evhttp_new(server->base);
	/* Backlog 0: the socket listens already. */
	if (server->http != NULL)
		server->listener = evconnlistener_new(
			server->base, NULL, NULL,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (server->listener == NULL) {
		close(fd);
		close_server(server);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	/* on_request() refuses methods, so that they are counted. */
	evhttp_set_allowed_methods(server->http, UINT16_MAX);
	evhttp_set_max_headers_size(server->http, PLACE_REQUEST_MAX);
	evhttp_set_max_body_size(server->http, 0);
	evhttp_set_timeout(server->http, PLACE_REPLY_MS / 1000);
	evhttp_set_bevcb(server->http, on_accept, server);
	evhttp_set_gencb(server->http, on_request, server);
	if (evhttp_bind_listener(server->http, server->listener) == NULL) {
		evconnlistener_free(server->listener);
		close_server(server);
		return -ENOMEM;
	}
	return 0;
}

/* Returns 0 or errno. */
static int
try_to_listen(struct webserver *server)
{
	const int fd = listensocket_open(&server->listen);

	if (fd < 0)
		return -fd;
	return -serve(server, fd);
}

/* Tell of an error once. */
static void
tell(struct webserver *server, int error)
{
	char subject[SUBJECT_MAX];

	if (error == server->error)
		return;
	if (error == 0)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL,
			      subject_of(server, subject), "is served");
	else
		eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL,
			      subject_of(server, subject),
			      "cannot be served: %s; it is tried again every "
			      "%d s",
			      error == EADDRINUSE
				      ? "another process has this port"
				      : strerror(error),
			      WEB_AGAIN_S);
	server->error = error;
}

/* Listen where the configuration says. */
static void
follow(struct webserver *server)
{
	const struct mx_endpoint *wanted =
		&server->sources->state->config->http.listen;

	if (!mx_endpoint_equal(wanted, &server->listen)) {
		close_server(server);
		server->listen = *wanted;
		server->error = 0;
		server->again_s = 0;
	}
	if (server->listen.port_be == 0 || server->http != NULL ||
	    clock_s() < server->again_s)
		return;
	server->again_s = clock_s() + WEB_AGAIN_S;
	tell(server, try_to_listen(server));
}

static void
on_tick(void *arg)
{
	struct webserver *server = arg;

	if (server->sources->state->config != NULL)
		follow(server);
	if (server->http == NULL)
		return;
	feed_look(&server->feed);
	webplaces_look(&server->places);
	if (accept_error != 0) {
		/* Nothing is told of connections that their client has given up
		 * by then. */
		if (accept_error != ECONNABORTED) {
			server->failed_s = clock_s();
			tell(server, accept_error);
		}
		accept_error = 0;
		evconnlistener_enable(server->listener);
	} else if (clock_s() - server->failed_s >= WEB_AGAIN_S) {
		/* One second without an error proves nothing: no client may
		 * have come. */
		tell(server, 0);
	}
}

struct webserver *
webserver_new(struct event_base *base, const struct sources *sources)
{
	struct webserver *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->base = base;
	server->sources = sources;
	server->places.most = descriptors_share().web;
	server->places.count = &server->count;
	server->feed.sources = sources;
	server->feed.places = &server->places;
	server->tick = timer_new(base, on_tick, server);
	server->start = timer_new(base, on_start, server);
	if (server->tick == NULL || server->start == NULL ||
	    timer_repeat(server->tick, 1000) < 0) {
		webserver_free(server);
		return NULL;
	}
	/* The first configuration will be in force by then. */
	timer_fire_now(server->tick);
	return server;
}

void
webserver_free(struct webserver *server)
{
	if (server == NULL)
		return;
	close_server(server);
	feed_end(&server->feed);
	timer_free(server->tick);
	timer_free(server->start);
	for (size_t i = 0; i < WEB_PAGES; i++)
		webtext_leave(server->text[i]);
	free(server);
}

const struct web_count *
webserver_count(const struct webserver *server)
{
	return server != NULL ? &server->count : NULL;
}

const int *
webserver_error(const struct webserver *server)
{
	return server != NULL ? &server->error : NULL;
}

struct webserver_state
webserver_state(const struct webserver *server)
{
	return (struct webserver_state){
		.listen = server->listen,
		.error = server->error,
		.taken = webplaces_taken(&server->places),
		.places = server->places.most,
		.fed = webplaces_fed(&server->places),
		.count = server->count,
	};
}
