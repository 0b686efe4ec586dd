/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONTROL_H
#define MX_CONTROL_H

/* The control plane as a whole: owner of every part, and the one place where a
 * change of any kind becomes a plan and a line in the state file.
 *
 *   config, override, health, next hop -> control_changed()
 *     -> once in this turn of the loop: weigh, offer the plan, save
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <limits.h>

#include "apply.h"
#include "config.h"
#include "ctl.h"
#include "discovery.h"
#include "doors.h"
#include "entrance.h"
#include "logbook.h"
#include "meter.h"
#include "monitor.h"
#include "nexthop.h"
#include "publish.h"
#include "request.h"
#include "rolewatch.h"
#include "save.h"
#include "sessioncounts.h"
#include "sheetkeeper.h"
#include "state.h"
#include "supervisor.h"
#include "sweep.h"
#include "trial.h"
#include "webserver.h"

struct control {
	struct event_base *base;
	struct state *state;
	struct nexthops *hops;
	struct host *host;
	struct publisher *publisher;
	struct monitor *monitor;
	struct agents *agents;
	struct meter *meter;
	struct session_counts *counts;
	struct ctl *ctl;
	struct doors doors;
	struct rolewatch *role;
	struct denials denials;
	struct discovery discovery;
	struct saver saver;
	struct logbook logbook;
	struct sheetkeeper sheet; /* of the group */
	struct history history;
	struct trial trial;
	struct applier applier;
	struct sweep sweep;
	struct supervisor supervisor;
	struct desk desk;
	struct webserver *web;
	struct timer *soon; /* see request.h */
	struct timer *settle;
	char instance[MX_NAME_MAX];
	char start_path[PATH_MAX]; /* what a restart reads; applyfirst.h */
};

/* Start everything, up to the first plan, and log what is wrong.  Returns NULL
 * if the process cannot start. */
struct control *control_new(struct event_base *base,
			    const struct control_options *options);
void control_free(struct control *control);

/* The state has changed: the plan and the state file must follow. */
void control_changed(struct control *control);

#endif /* MX_CONTROL_H */
