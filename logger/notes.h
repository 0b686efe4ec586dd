/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_NOTES_H
#define MX_LOGGER_NOTES_H

/* The file `logged`, where mxsteer-log notes how far it has come
 * (records/logged.h).  A lock of it lets only one mxsteer-log of an instance work.
 *
 * Threads    main. */
#include <stdbool.h>

#include "folder.h"
#include "logged.h"

struct notes {
	int fd; /* -1: not open */
	char path[MX_PATH_MAX + 16];
};

/* Open and lock the file.  make: make its folder if there is none.  Returns 0 or
 * -errno: -EBUSY if another process has it, or an error of
 * mx_folder_open_control() or mx_folder_file(). */
int notes_open(struct notes *notes, const char *instance, bool make);
void notes_close(struct notes *notes);

/* Is the file open, and has it still its name? */
bool notes_are_held(const struct notes *notes);

/* Read what was noted.  Returns false, with *logged as it was, if nothing is. */
bool notes_read(const struct notes *notes, struct logged *logged);

/* Returns 0 or -errno. */
int notes_write(const struct notes *notes, const struct logged *logged);

#endif /* MX_LOGGER_NOTES_H */
