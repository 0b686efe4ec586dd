/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDINGS_H
#define MX_ENDINGS_H

/* The commands that end the sessions of clients at once.
 *
 * The sessions are counted first, in slices of some ms, so that nobody else
 * waits.  Then the order waits for the end of the second in which the command
 * came: what begins later is another session, and is never ended by it.
 *
 * Threads    the event loop. */
#include "request.h"

/* Each has some 0.5 MiB. */
#define ENDINGS_AT_ONCE 4

void command_end_sessions_from(const struct request *request,
			       const struct arguments *arguments);
void command_end_session(const struct request *request,
			 const struct arguments *arguments);

/* Answer all requests that still wait: the process is about to end. */
void endings_end(struct desk *desk);

#endif /* MX_ENDINGS_H */
