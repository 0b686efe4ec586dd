/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDS_H
#define MX_COMMANDS_H

/* The answers to the commands of commandlist.h: a report, or a function that
 * answers at once or later; see reply.h.
 * Threads    the event loop. */
#include "request.h"

/* Answer a request line; see ctl_handler.  arg: a struct desk. */
void commands_answer(void *arg, struct ctl_request *ctl, char *line);

#endif /* MX_COMMANDS_H */
