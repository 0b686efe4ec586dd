/* SPDX-License-Identifier: BSD-3-Clause */
#include "mta.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoint.h"
#include "timer.h"

#define CONNECTIONS_MAX 32
#define LINGER_MS 1

struct connection {
	struct mta *mta;
	struct bufferevent *stream; /* NULL: free */
	struct timer *timer;
	evutil_socket_t fd;
	SSL *ssl;     /* NULL: plain; the stream owns it */
	bool secured; /* the handshake is done */
	bool ends;    /* once all is written */
	int step;
	bool has_header; /* of this step */
};

struct mta {
	struct event_base *base;
	SSL_CTX *tls;
	struct evconnlistener *listener;
	struct mx_endpoint endpoint;
	struct mta_step script[MTA_STEPS_MAX];
	struct mta_seen seen;
	struct connection connection[CONNECTIONS_MAX];
};

static void
hang_up(struct connection *c, bool reset)
{
	const struct linger at_once = {.l_onoff = 1};

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once,
			   sizeof(at_once));
	if (c->ssl != NULL)
		c->mta->seen.notified =
			(SSL_get_shutdown(c->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
	bufferevent_free(c->stream);
	timer_free(c->timer);
	c->stream = NULL;
	c->mta->seen.open--;
}

static const struct mta_step *
step_of(const struct connection *c)
{
	return &c->mta->script[c->step];
}

static void
say(struct connection *c)
{
	bufferevent_write(c->stream, step_of(c)->say, strlen(step_of(c)->say));
}

/* Take the bytes that the step waits for first.  Returns false while they are
 * missing. */
static bool
hear_header(struct connection *c)
{
	struct mta_seen *seen = &c->mta->seen;
	struct evbuffer *input = bufferevent_get_input(c->stream);
	const uint32_t bytes = step_of(c)->header_bytes;

	if (c->has_header || bytes == 0)
		return true;
	if (evbuffer_get_length(input) < bytes)
		return false;
	evbuffer_remove(input, seen->header, bytes);
	seen->header_bytes = bytes;
	c->has_header = true;
	return true;
}

static void on_read(struct bufferevent *stream, void *arg);
static void on_written(struct bufferevent *stream, void *arg);
static void on_event(struct bufferevent *stream, short what, void *arg);

/* Begin TLS if the step goes into it.  Returns false until the handshake is
 * done. */
static bool
secure(struct connection *c)
{
	if (!step_of(c)->secures || c->secured)
		return true;
	if (c->ssl == NULL) {
		c->ssl = SSL_new(c->mta->tls);
		c->stream = bufferevent_openssl_filter_new(
			c->mta->base, c->stream, c->ssl,
			BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
		bufferevent_openssl_set_allow_dirty_shutdown(c->stream, 1);
		bufferevent_setcb(c->stream, on_read, on_written, on_event, c);
		bufferevent_enable(c->stream, EV_READ | EV_WRITE);
	}
	return false;
}

/* Start the pause of the present step, once it has what it waits for. */
static void
prepare(struct connection *c)
{
	struct mta_seen *seen = &c->mta->seen;
	const struct mta_step *step = step_of(c);

	if (step->say == NULL || timer_is_set(c->timer) || !secure(c) ||
	    !hear_header(c))
		return;
	struct evbuffer *input = bufferevent_get_input(c->stream);
	if (step->hears) {
		size_t bytes;
		char *line = evbuffer_readln(input, &bytes, EVBUFFER_EOL_CRLF);
		if (line == NULL)
			return;
		strncat(seen->heard, line,
			MTA_HEARD_MAX - strlen(seen->heard) - 1);
		strncat(seen->heard, "|",
			MTA_HEARD_MAX - strlen(seen->heard) - 1);
		free(line);
	}
	timer_set(c->timer, step->after_ms);
}

static void
on_timer(void *arg)
{
	struct connection *c = arg;
	const struct mta_step *step = step_of(c);

	if (c->ends) {
		hang_up(c, false);
		return;
	}
	if (evbuffer_get_length(bufferevent_get_input(c->stream)) > 0)
		c->mta->seen.spoken_to_early = true;
	if (step->then == CLOSE && c->ssl != NULL) {
		c->ends = true;
		say(c);
		return;
	}
	if (step->then == CLOSE || step->then == RESET) {
		/* By send(), since bytes that a stream holds are lost when it
		 * is freed. */
		send(c->fd, step->say, strlen(step->say), MSG_NOSIGNAL);
		hang_up(c, step->then == RESET);
		return;
	}
	say(c);
	if (step->then == STAY) {
		c->step++;
		c->has_header = false;
		prepare(c);
	}
}

static void
on_written(struct bufferevent *stream, void *arg)
{
	struct connection *c = arg;

	(void)stream;
	if (c->ends)
		timer_set(c->timer, LINGER_MS);
	else if (step_of(c)->then == FLOOD && !timer_is_set(c->timer))
		say(c);
}

static void
on_read(struct bufferevent *stream, void *arg)
{
	(void)stream;
	prepare(arg);
}

/* Hang up when what a stream of TLS holds has gone out. */
static void
end_soon(struct connection *c)
{
	c->ends = true;
	timer_set(c->timer, LINGER_MS);
}

static void
on_event(struct bufferevent *stream, short what, void *arg)
{
	struct connection *c = arg;

	(void)stream;
	if ((what & BEV_EVENT_CONNECTED) == 0) {
		/* An alert may be on its way. */
		if (c->ssl != NULL && !c->secured)
			end_soon(c);
		else
			hang_up(c, false);
		return;
	}
	const char *name =
		SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name);
	c->secured = true;
	c->mta->seen.secured++;
	c->mta->seen.resumed += SSL_session_reused(c->ssl) == 1;
	c->mta->seen.name[0] = '\0';
	if (name != NULL)
		strncat(c->mta->seen.name, name, MTA_NAME_MAX - 1);
	prepare(c);
}

static struct mx_endpoint
endpoint_of(const struct sockaddr *from)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	/* The port is at the same offset in both families. */
	struct mx_endpoint endpoint = {.port_be = in4->sin_port};

	if (from->sa_family == AF_INET)
		endpoint.addr = mx_addr_from4(in4->sin_addr.s_addr);
	else
		memcpy(&endpoint.addr, &in6->sin6_addr, sizeof(endpoint.addr));
	return endpoint;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
	  struct sockaddr *from, int size, void *arg)
{
	struct mta *mta = arg;
	struct mta_seen *seen = &mta->seen;
	struct connection *c = mta->connection;
	const int at_once = 1;

	(void)listener, (void)size;
	/* The kernel keeps no piece back until the one before is acknowledged.
	 */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
	while (c->stream != NULL)
		c++; /* a probe holds one; far fewer than there are */
	c->mta = mta;
	c->fd = fd;
	c->ssl = NULL;
	c->secured = c->ends = false;
	c->step = 0;
	c->has_header = false;
	seen->peer = endpoint_of(from);
	c->stream =
		bufferevent_socket_new(mta->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->timer = timer_new(mta->base, on_timer, c);
	seen->accepted++;
	seen->open++;
	if (seen->open > seen->open_most)
		seen->open_most = seen->open;
	bufferevent_setcb(c->stream, on_read, on_written, on_event, c);
	bufferevent_enable(c->stream, EV_READ | EV_WRITE);
	prepare(c);
}

struct mta *
mta_new(struct event_base *base, const char *host)
{
	struct mta *mta = calloc(1, sizeof(*mta));
	struct sockaddr_storage address = {0};
	socklen_t bound = sizeof(address);
	int size = sizeof(address);

	evutil_parse_sockaddr_port(host, (struct sockaddr *)&address, &size);
	mta->base = base;
	mta->listener = evconnlistener_new_bind(
		base, on_accept, mta, LEV_OPT_CLOSE_ON_FREE, 16,
		(struct sockaddr *)&address, size);
	if (mta->listener == NULL) {
		free(mta);
		return NULL;
	}
	getsockname(evconnlistener_get_fd(mta->listener),
		    (struct sockaddr *)&address, &bound);
	mx_addr_parse(host, &mta->endpoint.addr);
	/* The port is at the same offset in both families. */
	mta->endpoint.port_be = ((struct sockaddr_in *)&address)->sin_port;
	return mta;
}

void
mta_free(struct mta *mta)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		if (mta->connection[i].stream != NULL)
			hang_up(&mta->connection[i], false);
	evconnlistener_free(mta->listener);
	free(mta);
}

void
mta_play(struct mta *mta, const struct mta_step script[MTA_STEPS_MAX])
{
	memcpy(mta->script, script, sizeof(mta->script));
}

void
mta_use_tls(struct mta *mta, SSL_CTX *context)
{
	mta->tls = context;
}

struct mx_endpoint
mta_endpoint(const struct mta *mta)
{
	return mta->endpoint;
}

const struct mta_seen *
mta_seen(const struct mta *mta)
{
	return &mta->seen;
}
