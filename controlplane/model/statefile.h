/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STATEFILE_H
#define MX_STATEFILE_H

/* What must survive a restart, in one JSON file: the hash key, the ids, the
 * operator's overrides with their notes, who was up and since when, whose sessions are of the nat
 * mode, what agents ask for, and the balance of load.
 *
 * It is replaced as a whole (replacefile.h), and a file with a fault is ignored
 * as a whole: ids from a part of it would be worse than new ids.
 *
 * Threads    the event loop. */
#include "state.h"

#define STATEFILE_FAULT_MAX 160

/* Read the file into a state without a configuration.  Its services and
 * backends wait until state_apply() claims them.  Returns 0; -ENOENT if there
 * is no file; -EINVAL if its content is wrong; or -errno.  On an error the
 * state is unchanged, and the fault is in words. */
int statefile_load(const char *path, struct state *state,
		   char fault[static STATEFILE_FAULT_MAX]);

/* The text of the file; the caller frees it.  percents: those of agents and of the
 * balance are in it, and what rules refused.  They change often, and a restart may
 * have older ones.
 * NULL: out of memory. */
char *statefile_text(const struct state *state, bool percents);

#endif /* MX_STATEFILE_H */
