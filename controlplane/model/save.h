/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SAVE_H
#define MX_SAVE_H

/* The saver keeps the state file up to date.
 *
 * Percents   Those of agents and of the balance of load may change each second,
 *            and so do the counts of what rules refused.  A write waits for the
 *            disk.  They are written with all else that changes, every
 *            SAVE_PERCENTS_S, and at the end.
 *
 * Threads    the event loop. */
#include <limits.h>

#include "state.h"

/* The owner calls saver_save() this often while the last write has failed. */
#define SAVE_AGAIN_S 10

/* The owner calls saver_save_percents() this often. */
#define SAVE_PERCENTS_S 60

struct saver {
	const struct state *state;
	char path[PATH_MAX];
	char *text;     /* of the file as written, without percents; NULL:
			 * unknown */
	char *percents; /* of the file as written; the same */
	int error;      /* of the last write; 0: it succeeded */
};

/* Write the file if the state has changed, but for percents.  An error is an event
 * once and kept in saver->error. */
void saver_save(struct saver *saver);

/* Write the file if anything in it has changed. */
void saver_save_percents(struct saver *saver);

/* Free the texts.  write: write the file before, if this process ever tried to and
 * anything has changed.  A process that has lost its role must not. */
void saver_end(struct saver *saver, bool write);

#endif /* MX_SAVE_H */
