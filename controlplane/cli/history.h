/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HISTORY_H
#define MX_HISTORY_H

/* The lines that were typed at the prompt, in a file of their user:
 * $XDG_STATE_HOME/mxsteer/history, or ~/.local/state/mxsteer/history.
 *
 * The file belongs to the user whose rights the program has.  sudo may leave the
 * HOME of another user: if the folder that the variable names belongs to somebody
 * else, no history is kept, so that root leaves no files in a user's home.  A
 * file that is not a regular one, is another user's, or that others may write,
 * is not read.
 * Threads    one. */
#include <limits.h>

#define HISTORY_LINES_MAX 1000
/* The file is cut to HISTORY_LINES_MAX lines when it is larger than this. */
#define HISTORY_BYTES_MAX (256 * 1024)

struct history {
	char path[PATH_MAX]; /* empty: none is kept */
	char last[256];      /* the beginning of the last line */
};

/* Find the file, and hand its last HISTORY_LINES_MAX lines to add(), oldest
 * first. */
void history_open(struct history *history, void (*add)(const char *line));

/* Append a line, unless it is the one before again.  A failure is silent: the
 * line is in the memory of the prompt. */
void history_add(struct history *history, const char *line);

#endif /* MX_HISTORY_H */
