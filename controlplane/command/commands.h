/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDS_H
#define MX_COMMANDS_H

/* The commands of the CLI socket: a table of rows, one a command, which `help`
 * is made from.  A handler gets its arguments split and counted, and answers
 * with one function of reply.h, at once or later.
 * Threads    the event loop. */
#include "reply.h"

#define COMMAND_ARGS_MAX 3

/* argv[argc..COMMAND_ARGS_MAX) are NULL. */
typedef void (*command_run)(const struct asker *asker, int argc, char **argv);

/* Answer a request line; see ctl_handler.  control: a struct control. */
void commands_answer(void *control, struct ctl_request *request, char *line);

/* change.c: what an operator can change.  */
void command_drain(const struct asker *asker, int argc, char **argv);
void command_ready(const struct asker *asker, int argc, char **argv);
void command_maint(const struct asker *asker, int argc, char **argv);
void command_weight(const struct asker *asker, int argc, char **argv);
void command_end_sessions(const struct asker *asker, int argc, char **argv);
void command_config_apply(const struct asker *asker, int argc, char **argv);

/* wait.c */
void command_wait(const struct asker *asker, int argc, char **argv);

/* The id of the backend called "pool/name"; if there is none, MX_BACKEND_NONE
 * and the request is answered with the names that are most like it. */
uint16_t command_backend(const struct asker *asker, const char *label);

#endif /* MX_COMMANDS_H */
