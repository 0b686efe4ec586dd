/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLY_H
#define MX_APPLY_H

/* The applier puts a configuration file in force, now or at the start.
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
	char path[PATH_MAX]; /* the file in force; empty: none yet */
	char *changes; /* what the last apply changed, see changes.h; the owner
			* frees it */
};

/* Put the file at path in force as a whole, or not at all. applier->changes
 * lists the changes to what was there before.  Returns 0, or -EINVAL with the
 * faults in *errors. */
int apply_file(struct applier *applier, const char *path,
	       struct mx_config_errors *errors);

#endif /* MX_APPLY_H */
