/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECLAIM_H
#define MX_RECLAIM_H

/* Which session gives way when a SYN needs a place or a local port.
 *
 *   over   sessions that have ended, and only wait for their last ACKs
 *   half   sessions whose handshake nobody has proven
 *
 * Each is a queue in the order in which sessions got there, so the one that
 * gives way is found at once, and is the oldest.  A session that moves on leaves
 * its entry behind; who comes upon the entry sees that it is stale.  A queue
 * that is full forgets its oldest entry: that session waits for its timer.  A
 * session that can carry mail is in neither.
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "sessions.h"

struct worker;

struct reclaim_entry {
	uint32_t session;
	uint32_t client_seq; /* tells a new session in the same place */
	uint32_t since_s;    /* CLOCK_MONOTONIC */
};

struct reclaim_queue {
	uint32_t head;
	uint32_t tail;
	struct reclaim_entry *entry; /* [reclaim.mask + 1] */
};

struct reclaim {
	uint32_t mask;
	struct reclaim_queue half;
	struct reclaim_queue over;
};

/* For a table of `sessions`.  Returns 0 or -ENOMEM. */
int reclaim_make(struct reclaim *reclaim, uint32_t sessions);
void reclaim_free(struct reclaim *reclaim);

/* A session has become half-open, or its SYN was replaced by another; or it is
 * over. */
void reclaim_note_half(struct worker *w, const struct mx_session *s);
void reclaim_note_over(struct worker *w, const struct mx_session *s);

/* The session to give up next, or NULL: then there is none, or so many entries
 * were stale that the next SYN may go on. */
struct mx_session *reclaim_next(struct worker *w);

#endif /* MX_RECLAIM_H */
