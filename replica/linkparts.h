/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_LINKPARTS_H
#define MX_REPLICA_LINKPARTS_H

/* What link.c and links.c know of a link; nobody else includes this.
 *
 * A link's life:
 *
 *   link_dial() -> SHAKING ---------------------------> OPEN -> CLOSING -> gone
 *   it came     -> SHAKING -> accepted(), link_take() -> OPEN
 *
 * CLOSING: what was written is still sent, and what comes is thrown away. */
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linktls.h"

struct bufferevent;
struct event;
struct event_base;
struct evconnlistener;
struct link_calls;
struct links;
struct links_calls;

enum link_state { LINK_SHAKING, LINK_OPEN, LINK_CLOSING };

struct link {
	TAILQ_ENTRY(link) entry; /* of links->link, by age */
	struct links *links;
	struct bufferevent *stream; /* NULL: it could not be dialled */
	struct event *timer;
	SSL *ssl; /* of the stream, which owns it */
	enum link_state state;
	bool came;         /* from a peer */
	bool stopped;      /* link_write() returned false */
	uint8_t box;       /* that it says it comes from */
	int error;         /* why it could not be dialled */
	uint64_t received; /* bytes, at the last look of the timer */
	uint32_t silent;   /* looks of the timer since then */
	uint64_t records;  /* that may have been sent with the present keys */
	const struct link_calls *calls; /* NULL: none are to be made */
	void *arg;
};

TAILQ_HEAD(link_list, link);

struct links {
	struct event_base *base;
	struct linktls *tls;
	struct link_list link;
	uint32_t came;    /* links that came */
	uint32_t pending; /* ... and are SHAKING */
	uint32_t handshake_ms;
	uint32_t silence_ms;
	uint64_t records_max; /* with the same keys */
	struct evconnlistener *listener;
	struct event *rest; /* after an accept() that failed */
	const struct links_calls *calls;
	void *arg;
};

/* A link without a connection.  Returns NULL without memory. */
struct link *link_make(struct links *links, bool came);

/* Begin the handshake.  Returns false, with fd as it is, without memory. */
bool link_begin(struct link *link, int fd);

/* End it without a word. */
void link_free(struct link *link);

/* End it, and tell.  why: enum replicated_refusal. */
void link_end(struct link *link, unsigned why, int error);

#endif /* MX_REPLICA_LINKPARTS_H */
