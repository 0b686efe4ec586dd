/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HISTORY_H
#define MX_HISTORY_H

/* The last configurations of an instance, with their texts, so that one can come
 * back.
 *
 * At most one revision is on trial, and it is the one in force.  A revision that
 * is in force, or comes back if a trial fails, is never dropped.
 *
 * Files that a text names, such as deny lists and certificates, are not kept.
 *
 * Threads    the event loop. */
#include <limits.h>
#include <stdbool.h>

#include "revision.h"

#define HISTORY_MAX 10

/* Files for texts: those of the revisions, those that the list on disk names if
 * it could not be written for a while, and one for a new revision. */
#define HISTORY_SLOTS (2 * HISTORY_MAX + 1)

struct history {
	uint16_t count;
	struct revision revision[HISTORY_MAX]; /* the oldest first */
	uint32_t in_force;                     /* a number; 0: none */
	uint32_t last;       /* the highest number that was given */
	char path[PATH_MAX]; /* of the list; texts are in files beside it;
			      * empty: nothing is written */
	int error;           /* of the last write; 0: it succeeded */
	bool unsaved;        /* the files differ from this */
	bool listed[HISTORY_SLOTS]; /* the list on disk names this slot */
};

void history_free(struct history *history);

/* What an apply adds.  Texts are copied. */
struct history_news {
	const char *path, *by, *changes, *text;
	size_t size;
	int64_t time_s;
	bool trial;
};

/* Add a revision, which is in force from now on.  Returns it; or NULL: no memory. */
struct revision *history_add(struct history *history,
			     const struct history_news *news);

/* Forget the newest revision: it was added, and could not be put in force. */
void history_take_back(struct history *history);

/* NULL: it is not kept. */
struct revision *history_find(struct history *history, uint32_t number);
struct revision *history_in_force(struct history *history);

/* The one that waits to be confirmed, or NULL. */
struct revision *history_trial(struct history *history);

/* The trial is over, and its revision stays in force. */
void history_confirm(struct history *history);

/* The revision in force gives way to the one before it. */
void history_go_back(struct history *history, enum revision_fate fate);

/* The newest revision with this text; or NULL. */
struct revision *history_find_text(struct history *history, const char *text,
				   size_t size);

/* The word of a fate, such as "undone". */
const char *history_fate_name(enum revision_fate fate);

#endif /* MX_HISTORY_H */
