/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBPLACES_H
#define MX_WEBPLACES_H

/* The connections of the HTTP server, which libevent's evhttp neither limits nor
 * ends in time: it counts no connections, and its time-outs begin anew with each
 * byte.  A place holds one connection.
 *
 *   WAITS     for a whole request, PLACE_REQUEST_MS at most
 *   ANSWERED  the reply is being sent, for PLACE_REPLY_MS at most
 *   DONE      it has its reply, and is closed at the next look
 *   FED       it has the feed, which has limits of its own
 *
 * If all places are taken, a new connection gets the place of the one that waits
 * for the longest time; if none waits, of the one whose reply takes longest.  So
 * many silent connections do not keep a new one out.
 *
 * Shape      evhttp owns each connection and frees it.  A place has a reference
 *            to its bufferevent, and learns of the end by the callbacks that
 *            bufferevent_free() takes away.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "descriptors.h"
#include "webcount.h"

#define PLACE_REQUEST_MAX 8192 /* bytes */
#define PLACE_REQUEST_MS 5000
#define PLACE_REPLY_MS 10000

struct bufferevent;

enum webplace_stage { PLACE_WAITS, PLACE_ANSWERED, PLACE_DONE, PLACE_FED };

struct webplace {
	struct bufferevent *stream; /* NULL: it is free */
	enum webplace_stage stage;
	bool said;         /* evhttp has said something while it waits: an error
			   * of its own */
	uint64_t since_ms; /* it has its stage */
};

struct webplaces {
	struct webplace place[HTTP_PLACES_MAX];
	uint32_t most; /* of them that may be taken */
	struct web_count *count;
};

/* A place for a connection that is being accepted.  Returns its bufferevent, which
 * evhttp is to own, or NULL: there is no memory. */
struct bufferevent *webplaces_take(struct webplaces *places,
				   struct event_base *base);

/* The place of a connection.  NULL: it has none. */
struct webplace *webplaces_find(struct webplaces *places,
				const struct bufferevent *stream);

/* Let the connection go on to another stage. */
void webplace_enter(struct webplace *place, enum webplace_stage stage);

/* Close the connection now.  evhttp frees it. */
void webplace_close(struct webplace *place);

/* Free the places of connections that are gone, and close those that are
 * overdue. */
void webplaces_look(struct webplaces *places);

/* How many are taken; how many are FED. */
uint32_t webplaces_taken(const struct webplaces *places);
uint32_t webplaces_fed(const struct webplaces *places);

/* evhttp is gone: give all references back. */
void webplaces_end(struct webplaces *places);

#endif /* MX_WEBPLACES_H */
