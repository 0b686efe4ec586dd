/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RELOADING_H
#define MX_RELOADING_H

/* The command that reads all lists again.  The reply comes when they have been
 * read; or after RELOADING_PATIENCE_MS, and says then what is in force.
 * Threads    the event loop. */
#include "denials.h"
#include "request.h"

/* Less than the program mxsteer waits for an answer. */
#define RELOADING_PATIENCE_MS 5000

#define RELOADING_TEXT_MAX 512

void command_reload_lists(const struct request *request,
			  const struct arguments *arguments);

/* Say which lists are being read and what is in force meanwhile.  Returns
 * text. */
const char *reloading_describe(const struct denials *denials,
			       char text[static RELOADING_TEXT_MAX]);

/* Answer all requests that still wait: the process is about to end. */
void reloadings_end(struct desk *desk);

#endif /* MX_RELOADING_H */
