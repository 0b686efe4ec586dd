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
#include "meter.h"
#include "monitor.h"
#include "nexthop.h"
#include "publish.h"
#include "request.h"
#include "rolewatch.h"
#include "save.h"
#include "sessioncounts.h"
#include "state.h"
#include "sweep.h"

struct control_options {
	const char *config_path;
	const char *socket_path; /* NULL: /run/mxsteer/<instance>.sock */
	const char *state_dir;
	bool confined; /* become the control plane's user (identity.h) */
};

struct control {
	struct event_base *base;
	struct state *state;
	struct nexthops *hops;
	struct host *host;
	struct publisher *publisher;
	struct monitor *monitor;
	struct meter *meter;
	struct session_counts *counts;
	struct ctl *ctl;
	struct rolewatch *role;
	struct denials denials;
	struct saver saver;
	struct applier applier;
	struct sweep sweep;
	struct desk desk;
	struct timer *settle;
	char instance[MX_NAME_MAX];
	char start_path[PATH_MAX]; /* what a restart reads */
};

/* Start everything, up to the first plan, and log what is wrong.  Returns NULL
 * if the process cannot start. */
struct control *control_new(struct event_base *base,
			    const struct control_options *options);
void control_free(struct control *control);

/* The state has changed: the plan and the state file must follow. */
void control_changed(struct control *control);

#endif /* MX_CONTROL_H */
