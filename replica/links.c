/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "link.h"
#include "linkparts.h"

/* Connections that the kernel keeps until they are accepted. */
#define BACKLOG 64

/* After an accept() that failed: there are no descriptors, or no memory. */
#define REST_S 1

/* AES-GCM is safe for 2^24.5 records (RFC 8446 5.5). */
#define RECORDS_MAX (1u << 22)

static void
on_rest_over(evutil_socket_t fd, short what, void *arg)
{
	const struct links *links = arg;

	(void)fd;
	(void)what;
	if (links->listener != NULL)
		evconnlistener_enable(links->listener);
}

struct links *
links_make(struct event_base *base, uint8_t box,
	   const uint8_t key[static MX_SECRET_STREAM_BYTES])
{
	struct links *links = calloc(1, sizeof(*links));

	if (links == NULL)
		return NULL;
	TAILQ_INIT(&links->link);
	links->base = base;
	links->handshake_ms = LINK_HANDSHAKE_MS;
	links->silence_ms = LINK_SILENCE_MS;
	links->records_max = RECORDS_MAX;
	links->tls = linktls_make(box, key);
	links->rest = event_new(base, -1, 0, on_rest_over, links);
	if (links->tls == NULL || links->rest == NULL) {
		links_free(links);
		return NULL;
	}
	return links;
}

void
links_set_times(struct links *links, uint32_t handshake_ms, uint32_t silence_ms)
{
	links->handshake_ms = handshake_ms;
	links->silence_ms = silence_ms;
}

void
links_set_records(struct links *links, uint64_t records)
{
	links->records_max = records;
}

/* End the oldest link that came and has not shown that it has the key. */
static void
give_way(struct links *links)
{
	struct link *link;

	TAILQ_FOREACH(link, &links->link, entry)
	if (link->came && link->state == LINK_SHAKING) {
		link_end(link, REPLICATED_REFUSED_PLACES, 0);
		return;
	}
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
	  struct sockaddr *from, int bytes, void *arg)
{
	struct links *links = arg;

	(void)listener;
	(void)from;
	(void)bytes;
	if (links->pending >= LINKS_PENDING_MAX ||
	    (links->came >= LINKS_ACCEPTED_MAX && links->pending > 0))
		give_way(links);
	struct link *link = links->came < LINKS_ACCEPTED_MAX
				    ? link_make(links, true)
				    : NULL;
	if (link != NULL && link_begin(link, fd))
		return;
	close(fd);
	if (link != NULL)
		link_end(link, REPLICATED_REFUSED_PLACES, 0);
	else
		links->calls->refused(links->arg, REPLICATED_REFUSED_PLACES);
}

static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	const struct links *links = arg;
	const struct timeval rest = {.tv_sec = REST_S};

	evconnlistener_disable(listener);
	event_add(links->rest, &rest);
}

int
links_listen(struct links *links, const struct mx_endpoint *address,
	     const struct links_calls *calls, void *arg)
{
	struct sockaddr_storage at;
	int bytes = sizeof(at);
	char text[MX_ENDPOINT_TEXT_MAX];

	if (links->listener != NULL)
		evconnlistener_free(links->listener);
	links->calls = calls;
	links->arg = arg;
	evutil_parse_sockaddr_port(mx_endpoint_format(address, text),
				   (struct sockaddr *)&at, &bytes);
	links->listener = evconnlistener_new_bind(
		links->base, on_accept, links,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
			LEV_OPT_REUSEABLE,
		BACKLOG, (struct sockaddr *)&at, bytes);
	if (links->listener == NULL)
		return errno != 0 ? -errno : -ENOMEM;
	evconnlistener_set_error_cb(links->listener, on_accept_error);
	return 0;
}

void
links_free(struct links *links)
{
	struct link *link;

	if (links == NULL)
		return;
	while ((link = TAILQ_FIRST(&links->link)) != NULL)
		link_free(link);
	if (links->listener != NULL)
		evconnlistener_free(links->listener);
	if (links->rest != NULL)
		event_free(links->rest);
	linktls_free(links->tls);
	free(links);
}
