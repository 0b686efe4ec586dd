/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONTROL_H
#define MX_CONTROL_H

/* The control plane as a whole: owner of every part, and the one place where a
 * change of any kind becomes a plan and a line in the state file.
 *
 *   config, wish, health, next hop -> control_changed()
 *     -> once in this turn of the loop: weigh, offer the plan, save
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <limits.h>

#include "census.h"
#include "config.h"
#include "ctl.h"
#include "meter.h"
#include "monitor.h"
#include "nexthop.h"
#include "publish.h"
#include "refusal.h"
#include "rolewatch.h"
#include "save.h"
#include "state.h"
#include "unanswered.h"

struct control_options {
	const char *config_path;
	const char *socket_path; /* NULL: /run/mxsteer/<instance>.sock */
	const char *state_dir;
};

struct control {
	struct event_base *base;
	struct state *state;
	struct nexthops *hops;
	struct host *host;
	struct publisher *publisher;
	struct monitor *monitor;
	struct meter *meter;
	struct census *census;
	struct ctl *ctl;
	struct rolewatch *role;
	struct saver saver;
	struct event *settle;
	struct event *sweep;  /* see sweep.h */
	struct event *second; /* see sweep.h */
	struct wait *waits;   /* see wait.h */
	char instance[MX_NAME_MAX];
	char start_path[PATH_MAX];   /* what a restart reads */
	char applied_path[PATH_MAX]; /* what is in force */
	bool other_ports; /* the data plane runs with others than the file's */
	char *changes;    /* what the last apply changed; see changes.h */
	struct refusals refusals;
	struct unanswered unanswered;
};

/* Everything up to the first plan.  What is wrong is logged.
 * Returns NULL if the process cannot start. */
struct control *control_new(struct event_base *base,
			    const struct control_options *options);
void control_free(struct control *control);

/* Something that a plan or the state file says may be different now. */
void control_changed(struct control *control);

/* Put the configuration in the file at path in force, or nothing of it.
 * control->changes says what it changed for what was there.
 * Returns 0, or -EINVAL with what is wrong in *errors. */
int control_apply(struct control *control, const char *path,
		  struct mx_config_errors *errors);

/* Log when the running data plane has begun or ceased to have other ports than
 * the configuration in force: frames would leave by the wrong one. */
void control_check_ports(struct control *control);

#endif /* MX_CONTROL_H */
