/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLY_H
#define MX_APPLY_H

/* The applier puts a configuration in force.  Files that an operator applies
 * come by applyqueue.h.
 *
 *   read -> compare with what is in force -> veto -> state
 *     -> next hops, probes, session counts, host, state file and plan follow
 *
 * Threads    the event loop. */
#include <limits.h>

#include "config.h"
#include "denials.h"
#include "host.h"
#include "monitor.h"
#include "nexthop.h"
#include "publish.h"
#include "save.h"
#include "sessioncounts.h"
#include "state.h"

struct applier {
	struct state *state;
	struct nexthops *hops;
	struct publisher *publisher;
	struct monitor *monitor;
	struct session_counts *counts;
	struct host *host;
	struct denials *denials;
	struct saver *saver;
	void (*changed)(void *arg); /* called when the plan may have changed */
	void *arg;
	char path[PATH_MAX];       /* the file in force; empty: none yet */
	struct applying *applying; /* see applyqueue.h */
	char *changes; /* what the last apply changed, see changes.h; the owner
			* frees it */
};

/* Put a configuration in force as a whole, or not at all.  path: where it is
 * from.  *config is given away.  The lists have been asked for; each must have
 * a table, but not at the start.  applier->changes lists the changes to what was
 * there before.  Returns 0, or -EINVAL with the faults in *errors. */
int apply_config(struct applier *applier, const char *path,
		 struct mx_config *config, struct mx_config_errors *errors);

/* The start: put a file in force without waiting for its lists.  Until they are
 * read, the lists are those of the plan that a data plane has. */
int apply_first(struct applier *applier, const char *path,
		struct mx_config_errors *errors);

#endif /* MX_APPLY_H */
