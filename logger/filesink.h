/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_FILESINK_H
#define MX_LOGGER_FILESINK_H

/* The file of the log.  This process alone writes to it, and appends only.
 *
 * Whole      A file system that is full may take half a line.  What is there of
 *            it is cut off again, so that the line comes whole when there is
 *            room.  A line that a killed process left half is cut off as well.
 * Ours       Nothing is cut off a file that does not end as ours, and a symbolic
 *            link is not followed: `log: file` may name a wrong file.  A lock
 *            keeps the mxsteer-log of another instance out.
 * Once       The last line of the file tells which record it was made of
 *            (line_id()), so a process that was killed between a batch and its
 *            note of it writes no line twice.
 * Rotation   A file that lost its name is closed, and made anew.
 * Threads    main. */
#include <stdbool.h>

#include "batch.h"

struct filesink {
	int fd;    /* -1: not open */
	int error; /* of the last opening */
	char path[LOGSHEET_PATH_MAX];
};

/* Open the file and cut off half a line at its end.  Returns 0 or -errno, such as
 * those of logged_error_text(). */
int filesink_open(struct filesink *sink, const char *path);
void filesink_close(struct filesink *sink);

/* Has the file still its name? */
bool filesink_is_named(const struct filesink *sink);

struct batch_done filesink_write(struct filesink *sink,
				 const struct batch *batch);

/* Copy the end of the file, in whole lines, to text.  Returns its length. */
size_t filesink_tail(const struct filesink *sink, char *text, size_t size);

#endif /* MX_LOGGER_FILESINK_H */
