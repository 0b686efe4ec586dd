/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STATEFILE_H
#define MX_STATEFILE_H

/* What must survive a restart, in one JSON file: the hash key, the ids, the
 * operator's wishes, who was up, and whose sessions are of the nat mode.
 *
 * Written whole to a file beside it, synced and renamed over it: after a crash
 * at any instant there is the old file or the new one.  A file that cannot be
 * understood counts as a whole: ids taken from half of it would be worse than
 * new ones.
 *
 * Threads    the event loop. */
#include "state.h"

/* Read the file into a state without a configuration: its services and
 * backends wait for state_apply() to claim them.
 * Returns 0; -ENOENT there is none; -EINVAL it makes no sense; or -errno.  On
 * an error the state is as before. */
int statefile_load(const char *path, struct state *state);

/* The text of the file, to be freed; NULL: out of memory. */
char *statefile_text(const struct state *state);

/* Write the file.  Returns 0 or -errno, with the old file in place. */
int statefile_save(const char *path, const char *text);

#endif /* MX_STATEFILE_H */
