/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WISHING_H
#define MX_WISHING_H

/* A command that changes what the operator wishes of backends: drain, maint,
 * ready, weight, agent.
 *
 * All of its backends are changed, or none.  A command that would take the last
 * backend that serves out of a pool is refused, unless --even-last says that this
 * is meant.  With --dry-run nothing is changed.
 *
 * Threads    the event loop. */
#include <stdio.h>

#include "arguments.h"
#include "override.h"
#include "request.h"

/* What a wish of the command is. */
struct wish_verb {
	enum wish_kind kind;
	bool lasts; /* the wish is kept, with its note and its time */

	/* May this backend be changed so?  If not, reply, and return false.
	 * NULL: any may. */
	bool (*may)(const struct request *request, const struct backend *b,
		    const void *arg);

	/* Change a copy of the backend's override. */
	void (*change)(const struct backend *b, struct override *override,
		       const void *arg);

	/* Write "ready -> drain".  before and after are whole backends of which
	 * only the override differs. */
	void (*describe)(FILE *out, const struct backend *before,
			 const struct backend *after, const void *arg);
};

/* Name the caller, as "alice (uid 1000)".  Returns text. */
char *wishing_who(const struct request *request,
		  char text[static NOTE_WHO_MAX]);

/* Read "[for TIME] [REASON]"; the time may be a part of the reason.  The note is
 * of now.  Returns false after a reply. */
bool wishing_note(const struct request *request,
		  const struct arguments *arguments, struct wish_note *note);

/* Read why, for a command that is done at once and so has no time.  Returns false
 * after a reply. */
bool wishing_reason(const struct request *request,
		    const struct arguments *arguments, struct remark *remark);

/* Make the change for all backends that the arguments name, and answer.
 * arg: for the functions of the verb. */
void wishing_make(const struct request *request,
		  const struct arguments *arguments,
		  const struct wish_verb *verb, const void *arg);

/* Announce this box no more, or again; see observe/announced.h. */
void command_drain_box(const struct request *request,
		       const struct arguments *arguments);
void command_ready_box(const struct request *request,
		       const struct arguments *arguments);

/* Take the role of answering for VIPs, or give it up; see region/snatrows.h. */
void command_announce_on(const struct request *request,
			 const struct arguments *arguments);
void command_announce_off(const struct request *request,
			  const struct arguments *arguments);

#endif /* MX_WISHING_H */
