/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REVISING_H
#define MX_REVISING_H

/* Commands about the configurations that were put in force; see history.h.
 * Threads    the event loop. */
#include "arguments.h"
#include "request.h"

/* Keep the configuration that is on trial. */
void command_config_confirm(const struct request *request,
			    const struct arguments *arguments);

/* List them: who, when, what changed, and what became of each; or reply with the
 * text of one. */
void command_config_history(const struct request *request,
			    const struct arguments *arguments);

#endif /* MX_REVISING_H */
