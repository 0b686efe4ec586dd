/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROMPT_H
#define MX_PROMPT_H

/* The prompt of the program mxsteer: lines with a history (history.h), and TAB
 * completes them (completion.h).  Ctrl-C gives a line up, or ends the command that
 * runs, and not the prompt; quit, exit and Ctrl-D leave it.
 *
 * Each command runs in a process of its own, which has a connection of its own.
 * Threads    main. */
#include <stdbool.h>

/* Hand each line that is not blank to run(), in a new process, until the input
 * ends.  socket: the path of the control plane's. */
void prompt_run(const char *socket, void (*run)(void *arg, char *line),
		void *arg);

/* Does a line leave the prompt, or end the commands of a pipe? */
bool prompt_is_left(const char *line);

#endif /* MX_PROMPT_H */
