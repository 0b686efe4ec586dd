/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_STATUSFILE_H
#define MX_REPLICA_STATUSFILE_H

/* The file `replicated`, where mxsteer-replica tells what it has done
 * (group/replicated.h).  A lock of it lets only one mxsteer-replica of an instance
 * work.
 *
 * Threads    main. */
#include <stdbool.h>

#include "folder.h"
#include "replicated.h"

struct statusfile {
	int fd; /* -1: not open */
	char path[MX_PATH_MAX + 16];
};

/* Open and lock the file.  make: make its folder if there is none.  Returns 0 or
 * -errno: -EBUSY if another process has it, or an error of
 * mx_folder_open_control() or mx_folder_file(). */
int statusfile_open(struct statusfile *file, const char *instance, bool make);
void statusfile_close(struct statusfile *file);

/* Is the file open, and has it still its name? */
bool statusfile_is_held(const struct statusfile *file);

/* Returns 0 or -errno. */
int statusfile_write(const struct statusfile *file,
		     const struct replicated *replicated);

#endif /* MX_REPLICA_STATUSFILE_H */
