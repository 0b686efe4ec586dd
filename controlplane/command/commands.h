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

/* show.c, showpools.c: what the control plane knows. */
void command_show_services(const struct asker *asker, int argc, char **argv);
void command_show_pools(const struct asker *asker, int argc, char **argv);
void command_show_backends(const struct asker *asker, int argc, char **argv);
void command_show_generation(const struct asker *asker, int argc, char **argv);

/* showstatus.c: trouble first. */
void command_status(const struct asker *asker, int argc, char **argv);

/* showtraffic.c: what the data plane counts. */
void command_show_snat(const struct asker *asker, int argc, char **argv);
void command_show_drops(const struct asker *asker, int argc, char **argv);
void command_show_ports(const struct asker *asker, int argc, char **argv);
void command_show_workers(const struct asker *asker, int argc, char **argv);

/* showresting.c, showsessions.c, wait.c: one each. */
void command_show_resting(const struct asker *asker, int argc, char **argv);
void command_show_sessions(const struct asker *asker, int argc, char **argv);
void command_wait(const struct asker *asker, int argc, char **argv);

/* The id of the backend called "pool/name"; if there is none, MX_BACKEND_NONE
 * and the request is answered with the names that are most like it. */
uint16_t command_backend(const struct asker *asker, const char *label);

/* The region; if there is none, NULL and the request is answered with why. */
const struct mx_region *command_region(const struct asker *asker);

/* A number of digits only, without a leading zero, up to max.  Returns false if
 * it is not one. */
bool command_number(const char *text, uint32_t max, uint32_t *number);

#endif /* MX_COMMANDS_H */
