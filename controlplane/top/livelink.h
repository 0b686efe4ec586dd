/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVELINK_H
#define MX_LIVELINK_H

/* A connection to the control plane (ctl.h) that never waits: the event loop goes on
 * while an answer is on its way, or while none comes.  One request at a time.
 *
 * A connection that is lost is made anew by the next request.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "answer.h"

/* An answer that would be longer is none of a control plane. */
#define LIVELINK_ANSWER_MAX (64u * 1024 * 1024)

struct livelink_reader {
	/* text: of length bytes and a terminator; given away. */
	void (*answered)(void *arg, enum answer answer, char *text,
			 size_t length);
	/* The request has no answer: why, for a person; valid until another
	 * call. */
	void (*lost)(void *arg, const char *why);
	void *arg;
};

struct livelink;

/* Returns NULL if there is no memory. */
struct livelink *livelink_new(struct event_base *base, const char *path,
			      const struct livelink_reader *reader);
void livelink_free(struct livelink *link);

/* Send a request line, without its end.  One of the reader's functions is called
 * later, or before it returns.  No request may be under way. */
void livelink_ask(struct livelink *link, const char *line);

/* Is a request under way? */
bool livelink_is_busy(const struct livelink *link);

#endif /* MX_LIVELINK_H */
