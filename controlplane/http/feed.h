/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FEED_H
#define MX_FEED_H

/* The feed of the status page: server-sent events (the HTML standard, 9.2).
 *
 *   event: snapshot   all of snapshot.h, first; and again for a reader that did
 *                     not read in time
 *   event: change     every FEED_STEP_MS: what has changed since the last one
 *
 * All readers get the same bytes, which are made once: a snapshot is kept for
 * WEBTEXT_KEPT_MS, or until the next change.  A reader that has not
 * read what it was sent gets no more, and is closed after FEED_PATIENCE_MS.  So
 * it holds one text at most.
 *
 * Shape      evhttp owns the connection and tells of its end.  If it has given
 *            the request up by then, the feed frees it.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "webplaces.h"
#include "snapshot.h"

struct evhttp_request;
struct sources;
struct webtext;

#define FEED_READERS_MAX 16
#define FEED_STEP_MS 2000
#define FEED_PATIENCE_MS 10000

struct feed_reader {
	struct evhttp_request *request; /* NULL: there is none */
	struct webplace *place;
	bool late;         /* it gets a snapshot once it has read */
	uint64_t since_ms; /* it has not read since then */
};

struct feed {
	const struct sources *sources;
	struct webplaces *places;
	uint64_t next_ms;
	struct snapshot_seen seen; /* no later than the snapshot */
	struct webtext *snapshot;  /* what was sent last; NULL: it is old */
	struct feed_reader reader[FEED_READERS_MAX];
};

/* Has the feed a place for one more?  A quarter of all places are for it. */
bool feed_has_room(const struct feed *feed);

/* Take a reader. */
void feed_join(struct feed *feed, struct evhttp_request *request,
	       struct webplace *place);

/* Once a second: send what there is, and close those that do not read. */
void feed_look(struct feed *feed);

/* Free what is kept.  There are no readers. */
void feed_end(struct feed *feed);

#endif /* MX_FEED_H */
