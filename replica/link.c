/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "linkparts.h"

/* The timer looks so often within the time of silence.  So a process that was
 * stopped for long does not take its own silence for that of its peers. */
#define SILENCE_LOOKS 4

/* What was written goes on as records of at least this size, or one for each
 * link_write(). */
#define RECORD_BYTES 512

#define OUTPUT_LOW (LINK_OUTPUT_MAX / 4) /* writing goes on */

static void
set_timer(struct link *link, uint32_t after_ms)
{
	const struct timeval after = {.tv_sec = after_ms / 1000,
				      .tv_usec = (int)(after_ms % 1000) * 1000};

	event_add(link->timer, &after);
}

void
link_free(struct link *link)
{
	struct links *links = link->links;

	TAILQ_REMOVE(&links->link, link, entry);
	links->came -= link->came;
	links->pending -= link->came && link->state == LINK_SHAKING;
	if (link->stream != NULL) {
		/* libevent may have a callback to make before it frees it. */
		SSL_set_app_data(link->ssl, NULL);
		bufferevent_free(link->stream);
	}
	event_free(link->timer);
	free(link);
}

void
link_end(struct link *link, unsigned why, int error)
{
	const struct links *links = link->links;
	const struct link_calls *calls = link->calls;
	const bool pending = link->came && link->state == LINK_SHAKING;
	void *arg = link->arg;

	link_free(link);
	if (calls != NULL)
		calls->ended(arg, why, error);
	else if (pending)
		links->calls->refused(links->arg, why);
}

/* The handshake is over. */
static void
open_link(struct link *link)
{
	struct links *links = link->links;

	if (!linktls_is_proved(link->ssl) || (link->came && link->box == 0)) {
		link_end(link, REPLICATED_REFUSED_TLS, 0);
		return;
	}
	links->pending -= link->came;
	link->state = LINK_OPEN;
	link->received = 0;
	set_timer(link, links->silence_ms / SILENCE_LOOKS);
	bufferevent_setwatermark(link->stream, EV_READ, 0, LINK_INPUT_MAX);
	bufferevent_setwatermark(link->stream, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_enable(link->stream, EV_READ | EV_WRITE);
	if (link->came)
		links->calls->accepted(links->arg, link, link->box);
	else
		link->calls->opened(link->arg);
}

/* All is sent: say so, and wait until the peer has read it.  A connection that is
 * closed with bytes unread is reset, and takes with it what is on its way. */
static void
finish_output(const struct link *link)
{
	if (link_unsent(link) == 0)
		shutdown(bufferevent_getfd(link->stream), SHUT_WR);
}

static void
on_read(struct bufferevent *stream, void *arg)
{
	struct link *link = arg;
	struct evbuffer *input = bufferevent_get_input(stream);

	if (link->state == LINK_OPEN && link->calls != NULL)
		link->calls->readable(link->arg);
	else if (link->state == LINK_CLOSING)
		evbuffer_drain(input, evbuffer_get_length(input));
}

static void
on_write(struct bufferevent *stream, void *arg)
{
	struct link *link = arg;

	(void)stream;
	if (link->state == LINK_CLOSING) {
		finish_output(link);
	} else if (link->stopped && link->calls != NULL) {
		link->stopped = false;
		link->calls->writable(link->arg);
	}
}

/* Is it TLS that failed, and not the connection?  libevent notes the result of
 * SSL_get_error(), and what OpenSSL's queue had. */
static bool
is_fault_of_tls(struct bufferevent *stream)
{
	bool is_fault = false;

	for (unsigned long fault = bufferevent_get_openssl_error(stream);
	     fault != 0; fault = bufferevent_get_openssl_error(stream))
		is_fault = is_fault || fault == SSL_ERROR_SSL;
	return is_fault;
}

static void
on_event(struct bufferevent *stream, short what, void *arg)
{
	const int error = what & BEV_EVENT_ERROR ? errno : 0;
	struct link *link = arg;

	if (what & BEV_EVENT_CONNECTED)
		open_link(link);
	else if (!is_fault_of_tls(stream))
		link_end(link, REPLICATED_REFUSED_NOT, error);
	else if (link->state == LINK_SHAKING)
		link_end(link, REPLICATED_REFUSED_TLS, 0);
	else
		link_end(link, REPLICATED_REFUSED_RECORD, 0);
}

/* Look whether the peer has sent anything. */
static void
look(struct link *link)
{
	const uint64_t received = BIO_number_read(SSL_get_rbio(link->ssl));

	link->silent = received == link->received ? link->silent + 1 : 0;
	link->received = received;
	if (link->silent >= SILENCE_LOOKS)
		link_end(link, REPLICATED_REFUSED_SILENT, 0);
	else
		set_timer(link, link->links->silence_ms / SILENCE_LOOKS);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd;
	(void)what;
	if (link->stream == NULL)
		link_end(link, REPLICATED_REFUSED_NOT, link->error);
	else if (link->state == LINK_OPEN)
		look(link);
	else
		link_end(link, REPLICATED_REFUSED_SILENT, 0);
}

struct link *
link_make(struct links *links, bool came)
{
	struct link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->links = links;
	link->came = came;
	link->timer = event_new(links->base, -1, 0, on_timer, link);
	if (link->timer == NULL) {
		free(link);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&links->link, link, entry);
	links->came += came;
	links->pending += came;
	return link;
}

bool
link_begin(struct link *link, int fd)
{
	struct links *links = link->links;
	const int at_once = 1;

	link->ssl = linktls_new(links->tls, &link->box);
	if (link->ssl == NULL)
		return false;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
	link->stream = bufferevent_openssl_socket_new(
		links->base, fd, link->ssl,
		link->came ? BUFFEREVENT_SSL_ACCEPTING
			   : BUFFEREVENT_SSL_CONNECTING,
		BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (link->stream == NULL) {
		SSL_free(link->ssl);
		return false;
	}
	bufferevent_setcb(link->stream, on_read, on_write, on_event, link);
	set_timer(link, links->handshake_ms);
	return true;
}

/* Returns 0 or an errno. */
static int
dial(struct link *link, const struct mx_endpoint *address)
{
	struct sockaddr_storage to;
	int bytes = sizeof(to);
	char text[MX_ENDPOINT_TEXT_MAX];
	int error;

	evutil_parse_sockaddr_port(mx_endpoint_format(address, text),
				   (struct sockaddr *)&to, &bytes);
	const int fd = socket(to.ss_family,
			      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&to, (socklen_t)bytes) != 0 &&
	    errno != EINPROGRESS)
		error = errno;
	else if (link_begin(link, fd))
		return 0;
	else
		error = ENOMEM;
	close(fd);
	return error;
}

struct link *
link_dial(struct links *links, const struct mx_endpoint *address,
	  const struct link_calls *calls, void *arg)
{
	struct link *link = link_make(links, false);

	if (link == NULL)
		return NULL;
	link->calls = calls;
	link->arg = arg;
	link->error = dial(link, address);
	if (link->error != 0)
		set_timer(link, 0);
	return link;
}

void
link_take(struct link *link, const struct link_calls *calls, void *arg)
{
	assert(link->state == LINK_OPEN);
	link->calls = calls;
	link->arg = arg;
}

void
link_close(struct link *link)
{
	link->calls = NULL;
	if (link->state != LINK_OPEN) {
		link_free(link);
		return;
	}
	link->state = LINK_CLOSING;
	bufferevent_setwatermark(link->stream, EV_WRITE, 0, 0);
	set_timer(link, link->links->silence_ms);
	finish_output(link);
}

/* Keys serve for a bounded number of records (RFC 8446 5.5).  While a record is
 * half sent OpenSSL refuses; the next call tries again. */
static void
renew_keys(struct link *link, size_t count)
{
	link->records += 1 + count / RECORD_BYTES;
	if (link->records < link->links->records_max)
		return;
	if (SSL_key_update(link->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
		link->records = 0;
	else
		ERR_clear_error();
}

bool
link_write(struct link *link, const uint8_t *bytes, size_t count)
{
	assert(count <= LINK_OUTPUT_MAX);
	if (link->state != LINK_OPEN)
		return false;
	if (link_unsent(link) + count > LINK_OUTPUT_MAX ||
	    bufferevent_write(link->stream, bytes, count) != 0) {
		link->stopped = true;
		return false;
	}
	renew_keys(link, count);
	return true;
}

const uint8_t *
link_peek(struct link *link, size_t *count)
{
	struct evbuffer *input = bufferevent_get_input(link->stream);
	const uint8_t *bytes = evbuffer_pullup(input, -1);

	*count = bytes != NULL ? evbuffer_get_length(input) : 0;
	return bytes;
}

void
link_drop(struct link *link, size_t count)
{
	evbuffer_drain(bufferevent_get_input(link->stream), count);
}

size_t
link_unsent(const struct link *link)
{
	return link->stream != NULL
		       ? evbuffer_get_length(
				 bufferevent_get_output(link->stream))
		       : 0;
}
