/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSIONWALK_H
#define MX_SESSIONWALK_H

/* All sessions are read in slices, between which the event loop does other
 * things: ten million sessions take a second.
 *
 * Each slice reads for SESSION_WALK_SLICE_MS.  The data plane may restart
 * between two slices: then the walk is lost, and must be begun anew.
 *
 * Threads    the event loop. */
#include "publish.h"
#include "sessionreader.h"

/* A part of what a check of an MTA may be late without being noticed. */
#define SESSION_WALK_SLICE_MS 3

enum session_walk_state {
	SESSION_WALK_GOES_ON,
	SESSION_WALK_DONE, /* all sessions were read */
	SESSION_WALK_LOST, /* their region has gone */
};

struct session_walk {
	const struct publisher *publisher;
	struct session_reader *file; /* NULL: it has not begun */
	uint32_t at;                 /* the next session of the chunk */
};

/* Begin at the first session; a walk that has begun is ended first.  Returns 0,
 * -ENODEV if there is no region, or -ENOMEM. */
int session_walk_begin(struct session_walk *walk,
		       const struct publisher *publisher);

/* How many sessions have been read, in percent.  A walk that has not begun, all
 * zero, is allowed. */
unsigned session_walk_percent(const struct session_walk *walk);

/* A walk that has not begun, all zero, is allowed. */
void session_walk_end(struct session_walk *walk);

/* Read on for a slice, and visit each session that is not free: session i of
 * the chunk. */
enum session_walk_state session_walk_slice(
	struct session_walk *walk,
	void (*visit)(void *arg, const struct session_reader *file, uint32_t i),
	void *arg);

#endif /* MX_SESSIONWALK_H */
