/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TERMINAL_H
#define MX_TERMINAL_H

/* The options by which the control plane learns about the terminal that gets its
 * answers, and a line of the terminal that is written again and again.
 * Threads    any. */
#include <stdbool.h>

#define TERMINAL_OPTIONS_MAX 32

/* Write the options of a request line, such as "-w 80 -c ", for this
 * descriptor.  "": it is no terminal.  No colour is asked for if NO_COLOR is
 * set (no-color.org), or if TERM says that the terminal has none.
 * Returns text. */
const char *terminal_options(int fd, char text[static TERMINAL_OPTIONS_MAX]);

/* Is stdout a terminal that can rewrite a line? */
bool terminal_can_rewrite(void);

/* From now on Ctrl-C says this text, which must stay, in a line of its own, and ends
 * the program as usual.  NULL: it says nothing.  Nothing changes if the program
 * ignores Ctrl-C.  Returns the text before. */
const char *terminal_on_interrupt(const char *text);

/* Write the text over the one before, cut to the width of the terminal. */
void terminal_rewrite(const char *text);

/* Clear the line, if there is one. */
void terminal_clear(void);

#endif /* MX_TERMINAL_H */
