/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDSESSIONS_H
#define MX_ENDSESSIONS_H

/* Ends the sessions of clients for a command, and answers it.
 *
 *   new -> the command fills it -> ready -> go
 *       -> the sessions are counted, in slices of some ms, so that nobody else waits
 *       -> the second in which the command came is over: what begins later is
 *          another session, and is never ended by it.  A rule has one second
 *          more; see endings.c
 *       -> the order is in the plan, and the reply tells how many it ends
 *
 * Threads    the event loop. */
#include "endorders.h"
#include "remark.h"
#include "request.h"
#include "rules.h"
#include "sessionfilter.h"
#include "sessionwalk.h"

/* Each has some 0.5 MiB. */
#define ENDINGS_AT_ONCE 4

/* A rule, how long it lasts, what it takes the place of, and its hazard. */
#define ENDING_WHAT_MAX                                                        \
	(MX_PREFIX_TEXT_MAX + RULE_TEXT_MAX + NOTE_TEXT_MAX +                  \
	 DENY_PROGRAM_MAX + 96)

/* A command about clients that is under way. */
struct ending {
	struct request request;
	struct session_walk walk;
	struct session_filter filter; /* which sessions are counted */
	struct mx_end_order order;    /* the same, for the data plane */
	char subject[MX_PREFIX_TEXT_MAX];
	char what
		[ENDING_WHAT_MAX]; /* the subject, and the backends; or the rule */
	struct remark remark;      /* why */
	char by[NOTE_WHO_MAX + 16];
	uint64_t sessions; /* that it ends */
	bool unknown;      /* they could not be counted */
	bool all_denied; /* for this slice: no rule allows a part of the prefix */
	bool counted;
	bool all; /* a large part of all clients is meant */
	bool one; /* there must be a session */
	bool dry_run;
	struct timer *turn;
	struct ending *next;
};

/* One of which nothing is known yet but its time.  Returns NULL after a reply. */
struct ending *end_sessions_new(const struct request *request);

/* NULL is not allowed. */
void end_sessions_free(struct ending *ending);

/* Whose sessions they are.  port_be 0: of any port. */
void end_sessions_from(struct ending *ending,
		       const struct mx_config_prefix *from, uint16_t port_be);

/* Everything was read.  Returns false after a reply; it is freed then. */
bool end_sessions_ready(struct ending *ending);

/* Begin.  It replies, and frees itself. */
void end_sessions_go(struct ending *ending);

#define END_SESSIONS_TEXT_MAX 128

/* What becomes of so many sessions, such as "3 sessions end".  told: their ends hear
 * of it, and the text says how.  Returns text. */
const char *end_sessions_text(uint64_t sessions, bool told,
			      char text[static END_SESSIONS_TEXT_MAX]);

/* Answer all requests that still wait: the process is about to end. */
void end_sessions_stop(struct desk *desk);

#endif /* MX_ENDSESSIONS_H */
