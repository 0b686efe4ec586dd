/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMPARING_H
#define MX_COMPARING_H

/* Commands that show the configuration in force, and what a file would change.
 * They change nothing.
 * Threads    the event loop. */
#include "arguments.h"
#include "request.h"

/* Reply with the configuration in force as the text of a file (dump.h), without
 * the members that DNS names. */
void command_config_dump(const struct request *request,
			 const struct arguments *arguments);

/* Reply with what an apply of the file would change, key by key, and what that
 * means for sessions and MTAs.  Without a file: of the one that a restart reads.
 * The answer is ANSWER_OK if nothing differs, ANSWER_WARNING if something does,
 * and ANSWER_USAGE if the file cannot be read: their exit statuses are those of
 * diff(1). */
void command_config_diff(const struct request *request,
			 const struct arguments *arguments);

#endif /* MX_COMPARING_H */
