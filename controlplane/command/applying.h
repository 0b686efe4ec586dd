/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLYING_H
#define MX_APPLYING_H

/* The commands that apply a file, or the configuration before the one in force.
 * The reply comes when it is in force or refused; or after
 * RELOADING_PATIENCE_MS, if its lists take longer.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stddef.h>

#include "request.h"

void command_config_apply(const struct request *request,
			  const struct arguments *arguments);

/* Are texts taken?  A control plane that has no such command would take the lines
 * of a text for commands. */
void command_text(const struct request *request,
		  const struct arguments *arguments);

void command_config_undo(const struct request *request,
			 const struct arguments *arguments);

/* The text of the file that the request names, as its sender sent it.  Without one
 * the file must be that of the start, which is not read here: *text is NULL then.
 * Returns false if it is another one, and answers. */
bool applying_text(const struct request *request, const char *path, char **text,
		   size_t *size);

/* Who sent the request, for the history and events. */
#define APPLYING_BY_MAX (CALLER_TEXT_MAX + 16)
const char *applying_by(const struct request *request,
			char text[static APPLYING_BY_MAX]);

#endif /* MX_APPLYING_H */
