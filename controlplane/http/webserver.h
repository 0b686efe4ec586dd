/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBSERVER_H
#define MX_WEBSERVER_H

/* The HTTP server of the control plane (key `http`).  It shares the event loop
 * with the health checks, so it bounds all that a stranger can make it do:
 *
 *   connections   HTTP_PLACES_MAX at once, and each for a limited time; webplaces.h
 *   accepting     WEB_ACCEPTS in a row, and then a pause of WEB_PAUSE_MS
 *   requests      one a connection, 8 KiB, no body, GET or HEAD, our Host
 *   replies       one text for all who ask in the same second; webtext.h
 *
 * A port that is taken, or an address that the host does not have, is an event,
 * and tried again every WEB_AGAIN_S.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

#include "config.h"
#include "webcount.h"

struct sources;
struct webserver;

#define WEB_ACCEPTS 16
#define WEB_PAUSE_MS 10
#define WEB_AGAIN_S 10

/* sources: must outlive the server; the configuration is that of its state, and
 * may change.  Returns NULL if there is no memory. */
struct webserver *webserver_new(struct event_base *base,
				const struct sources *sources);

/* NULL is allowed. */
void webserver_free(struct webserver *server);

/* How it is. */
struct webserver_state {
	struct mx_endpoint listen; /* port 0: off */
	int error;      /* errno: why it does not listen; 0: it does */
	uint32_t taken; /* places */
	uint32_t places;
	uint32_t fed;
	struct web_count count;
};

/* What became of its connections; NULL, if server is NULL. */
const struct web_count *webserver_count(const struct webserver *server);

/* Why it serves no page, as in its state; NULL, if server is NULL. */
const int *webserver_error(const struct webserver *server);

struct webserver_state webserver_state(const struct webserver *server);

#endif /* MX_WEBSERVER_H */
