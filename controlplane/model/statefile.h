/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STATEFILE_H
#define MX_STATEFILE_H

/* What must survive a restart, in one JSON file: the hash key, the ids, the
 * operator's overrides, who was up, and whose sessions are of the nat mode.
 *
 * A new file is written beside the old one, synced, and renamed over it.  So
 * after a crash at any instant there is the old file or the new one.  A file
 * with a fault is ignored as a whole: ids from a part of it would be worse than
 * new ids.
 *
 * Threads    the event loop. */
#include "state.h"

/* Read the file into a state without a configuration.  Its services and
 * backends wait until state_apply() claims them.  Returns 0; -ENOENT if there
 * is no file; -EINVAL if its content is wrong; or -errno.  On an error the
 * state is unchanged. */
int statefile_load(const char *path, struct state *state);

/* The text of the file; the caller frees it.  NULL: out of memory. */
char *statefile_text(const struct state *state);

/* Write the file.  Returns 0 or -errno, with the old file in place. */
int statefile_save(const char *path, const char *text);

#endif /* MX_STATEFILE_H */
