/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ACCESSING_H
#define MX_ACCESSING_H

/* May a caller give a command?  Who was refused what is kept, for `show access`.
 * Threads    the event loop. */
#include "arguments.h"
#include "commandrows.h"
#include "request.h"

/* Returns true; or replies, counts the refusal, tells of it in an event, at most
 * one in ACCESSING_TELL_S, and returns false. */
#define ACCESSING_TELL_S 60
bool accessing_may(const struct request *request,
		   const struct command_row *row);

/* May the caller see addresses of clients? */
bool accessing_sees_clients(const struct request *request);

void command_access(const struct request *request,
		    const struct arguments *arguments);

#endif /* MX_ACCESSING_H */
