/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHANGE_H
#define MX_CHANGE_H

/* The commands that change something.  argv has as many arguments as the table
 * of commands says.
 * Threads    the event loop. */
#include "request.h"

void command_drain(const struct request *request, int argc, char **argv);
void command_ready(const struct request *request, int argc, char **argv);
void command_maint(const struct request *request, int argc, char **argv);
void command_weight(const struct request *request, int argc, char **argv);
void command_end_sessions(const struct request *request, int argc, char **argv);

#endif /* MX_CHANGE_H */
