/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVEASK_H
#define MX_LIVEASK_H

/* What the live screen asks the control plane, and what it makes of the answers.  One
 * request is under way at a time: the counters, then the text that is shown, if any;
 * an action of the reader goes before both.
 * Threads    the event loop. */
#include "live.h"
#include "livelink.h"

enum liveask_kind { ASKED_COUNTS, ASKED_PANE, ASKED_ACTION };

struct liveask {
	struct live *live;
	void (*changed)(void *arg); /* there is something new to see */
	void *arg;

	struct livelink *link;
	enum liveask_kind asked;
	bool wants_pane;
	uint64_t asked_ms; /* when the request under way was sent */
};

/* *ask has the first three members.  Returns false if there is no memory. */
bool liveask_begin(struct liveask *ask, struct event_base *base,
		   const char *path);
void liveask_end(struct liveask *ask);

/* Ask for the counters, and then for the text; nothing if an answer is still to
 * come. */
void liveask_counts(struct liveask *ask);

/* The reader may want something else now: ask what he wants most, unless an answer is
 * still to come. */
void liveask_next(struct liveask *ask);

/* Does an answer take too long? */
void liveask_look(struct liveask *ask);

#endif /* MX_LIVEASK_H */
