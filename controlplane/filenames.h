/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FILENAMES_H
#define MX_FILENAMES_H

/* The files of a control plane, whose names depend on the instance.
 * Threads    any. */
#include <limits.h>

struct filenames {
	char state[PATH_MAX];
	char answers[PATH_MAX]; /* the last good ones of DNS */
	char history[PATH_MAX]; /* of configurations */
	char socket[PATH_MAX];
};

/* Make the folders and the names.  socket_path: NULL for the default.  Logs what
 * fails.  Returns 0 or -errno. */
int filenames_make(struct filenames *names, const char *instance,
		   const char *state_dir, const char *socket_path);

#endif /* MX_FILENAMES_H */
