/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLY_H
#define MX_APPLY_H

/* The applier puts a configuration in force.  Files that an operator applies
 * come by applyqueue.h, and members of pools by discovery.h.
 *
 *   read -> with the members that DNS names -> compare with what is in force
 *     -> veto -> state
 *     -> next hops, probes, agents, session counts, host, state file and plan
 *        follow
 *
 * Threads    the event loop. */
#include <limits.h>

#include "agents.h"
#include "config.h"
#include "denials.h"
#include "discovery.h"
#include "history.h"
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
	struct agents *agents;
	struct session_counts *counts;
	struct host *host;
	struct denials *denials;
	struct discovery *discovery;
	struct saver *saver;
	struct history *history;
	struct trial *trial;        /* see trial.h */
	void (*changed)(void *arg); /* called when the plan may have changed */
	void *arg;
	char path[PATH_MAX];    /* the file in force; empty: none yet */
	struct mx_config *file; /* as read, if the configuration in force has
				    * members by DNS too; or NULL */
	char refusal[MX_CONFIG_ERROR_TEXT_MAX]; /* why members by DNS are not in
						 * force; empty: they are */
	struct applying *applying;              /* see applyqueue.h */
	bool coming_back;     /* an older configuration comes back, whatever its
			   * lists are */
	uint32_t passed_over; /* the revision that the file of the start has,
			       * and that was not taken; 0: none */
	int secret_error;  /* why the key of the plan is not that of the group
			       * in force; 0: it is, or there is no group */
	uint16_t warnings; /* about the file in force; the first: */
	char warning[MX_CONFIG_ERROR_TEXT_MAX];
	char *changes; /* what the last apply changed, see changes.h; the owner
			* frees it */
};

/* Put a configuration in force as a whole, or not at all.  path: where it is
 * from.  *config is given away.  The lists have been asked for; each must have
 * a table, but not at the start.  applier->changes lists the changes to what was
 * there before.  Returns 0, or -EINVAL with the faults in *errors. */
int apply_config(struct applier *applier, const char *path,
		 struct mx_config *config, struct mx_config_errors *errors);

/* DNS may name other members now: put the file in force with them.  If that
 * cannot be, the log says why, and what is in force stays.  arg: the applier. */
void apply_discovered(void *arg);

/* Why an address that DNS names cannot be a backend of the file's pool as things
 * are now; see veto_member().  arg: the applier. */
const char *apply_unfit(void *arg, const struct mx_config *file, uint16_t pool,
			const struct mx_addr *addr);

#endif /* MX_APPLY_H */
