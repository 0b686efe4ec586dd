/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SAVE_H
#define MX_SAVE_H

/* The saver keeps the state file up to date.
 * Threads    the event loop. */
#include <limits.h>

#include "state.h"

/* The owner calls saver_save() this often while the last write has failed. */
#define SAVE_AGAIN_S 10

struct saver {
	const struct state *state;
	char path[PATH_MAX];
	char *text; /* of the file as written; NULL: unknown; the owner frees
		     * it */
	int error;  /* of the last write; 0: it succeeded */
};

/* Write the file if the state has changed.  An error is logged once and kept in
 * saver->error. */
void saver_save(struct saver *saver);

#endif /* MX_SAVE_H */
