/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROMPT_H
#define MX_PROMPT_H

/* The prompt of the program mxsteer: lines with a history (history.h), and TAB
 * completes them (completion.h).  Ctrl-C gives the line up and not the prompt;
 * quit, exit and Ctrl-D leave it.
 * Threads    main. */

#include <stdbool.h>

/* Hand each line that is not blank to run(), until it returns false or the input
 * ends.  socket: the path of the control plane's. */
void prompt_run(const char *socket, bool (*run)(void *arg, char *line),
		void *arg);

#endif /* MX_PROMPT_H */
