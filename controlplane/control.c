/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "applyfirst.h"
#include "applyqueue.h"
#include "capturing.h"
#include "listing.h"
#include "clock.h"
#include "commands.h"
#include "denialread.h"
#include "endsessions.h"
#include "eventlog.h"
#include "host.h"
#include "log.h"
#include "path.h"
#include "poolstate.h"
#include "recall.h"
#include "rehearsal.h"
#include "rulecounts.h"
#include "reloading.h"
#include "slowstart.h"
#include "timer.h"
#include "traffic.h"
#include "wait.h"
#include "watching.h"

void
control_changed(struct control *control)
{
	publisher_mark(control->publisher);
	timer_fire_now(control->settle);
}

static void
on_change(void *arg)
{
	control_changed(arg);
}

/* A list has been read, or cannot be. */
static void
on_list_read(void *arg)
{
	struct control *control = arg;

	control_changed(control);
	apply_go_on(&control->applier);
}

/* Copy the next hop, and say so when the dsr mode cannot use it. */
static void
take_hop(const struct control *control, struct backend *b, uint16_t id)
{
	const bool was_far = state_is_far(b);
	char subject[STATE_SUBJECT_MAX];

	b->hop = *nexthops_get(control->hops, id);
	const bool far = state_is_far(b);
	if (far && !was_far)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_NETWORK,
			      state_subject(b, subject),
			      "is behind a gateway and takes no session: dsr "
			      "rewrites only the MAC address, which works on "
			      "one link only; write forward: tunnel");
	else if (was_far && !far)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_NETWORK,
			      state_subject(b, subject),
			      "is on the same link again");
}

/* Handle all changes of this turn of the loop together.  The plan comes first,
 * since fail-over is urgent, and the state file second.  A reply says "done"
 * only after both. */
static void
on_settle(void *arg)
{
	struct control *control = arg;
	struct state *state = control->state;
	enum pool_service before[MX_POOLS_MAX];

	pool_services(state, before);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].used)
			take_hop(control, &state->backend[id], id);
	doors_follow(&control->doors, state->config, state->applied);
	memset(state->way, 0, sizeof(state->way));
	state->ways = ways_rows(nexthops_ways(control->hops), state->way);
	slowstart_follow(state, clock_ms());
	state_weigh(state);
	pool_services_tell(state, before);
	rule_counts_look(state, publisher_region(control->publisher));
	sweep_announce(&control->sweep);
	publisher_offer(control->publisher);
	saver_save(&control->saver);
	logbook_follow(&control->logbook, state);
	sheetkeeper_follow(&control->sheet, state,
			   rehearsal_file(&control->applier));
}

/* The publisher has attached to a region. */
static void
on_attached(void *arg)
{
	struct control *control = arg;
	const struct mx_plan *plan = publisher_plan(control->publisher);

	if (plan != NULL) {
		recall_plan(control->state, control->hops, control->counts,
			    plan);
		denials_recall(&control->denials, plan);
	}
	sweep_release(&control->sweep);
	control_changed(control);
}

/* Count the sessions of a backend, for the monitor. */
static uint64_t
sessions_of(void *arg, uint16_t id)
{
	const struct control *control = arg;

	return traffic_backend_sessions(publisher_region(control->publisher),
					id);
}

/* Give the applier the parts that it works on. */
static void
fill_applier(struct control *control)
{
	control->applier = (struct applier){
		.state = control->state,
		.hops = control->hops,
		.publisher = control->publisher,
		.monitor = control->monitor,
		.agents = control->agents,
		.counts = control->counts,
		.host = control->host,
		.denials = &control->denials,
		.discovery = &control->discovery,
		.saver = &control->saver,
		.history = &control->history,
		.trial = &control->trial,
		.changed = on_change,
		.arg = control,
	};
}

static void
fill_sweep(struct control *control)
{
	control->sweep = (struct sweep){
		.state = control->state,
		.publisher = control->publisher,
		.hops = control->hops,
		.monitor = control->monitor,
		.host = control->host,
		.denials = &control->denials,
		.saver = &control->saver,
		.applier = &control->applier,
		.changed = on_change,
		.arg = control,
	};
}

/* Give commands and reports the parts that they use. */
static void
fill_desk(struct control *control)
{
	control->desk = (struct desk){
		.base = control->base,
		.state = control->state,
		.publisher = control->publisher,
		.monitor = control->monitor,
		.applier = &control->applier,
		.sources = {.state = control->state,
			    .publisher = control->publisher,
			    .meter = control->meter,
			    .host = control->host,
			    .refusals = &control->sweep.refusals,
			    .unserved = &control->sweep.unserved,
			    .likenesses = &control->sweep.likenesses,
			    .timings = &control->sweep.timings,
			    .observer = &control->sweep.observer,
			    .rates = &control->sweep.rates,
			    .applier = &control->applier,
			    .saver = &control->saver,
			    .portcheck = &control->sweep.portcheck,
			    .peers = &control->sweep.peers,
			    .instance = control->instance,
			    .start_path = control->start_path},
		.changed = on_change,
		.soon = control->soon,
		.arg = control,
		.admin = &control->ctl,
		.operate = &control->doors.operate.ctl,
		.read = &control->doors.read.ctl,
	};
}

/* Make all parts that need no configuration. */
static int
make_parts(struct control *control)
{
	const struct publish_hook hook = {.attached = on_attached,
					  .arg = control};

	control->publisher = publisher_new(control->base, control->instance,
					   control->state, &hook);
	control->monitor = monitor_new(control->base, control->state, on_change,
				       sessions_of, control);
	control->settle = timer_new(control->base, on_settle, control);
	control->soon = timer_new(control->base, on_change, control);
	if (control->publisher == NULL || control->monitor == NULL ||
	    control->settle == NULL || control->soon == NULL) {
		log_line(LOG_LEVEL_ERROR, "not enough memory to start");
		return -ENOMEM;
	}
	control->hops = nexthops_new(control->base, on_change, control);
	control->host = host_new();
	if (control->hops == NULL || control->host == NULL) {
		log_line(LOG_LEVEL_ERROR, "no netlink socket: %s",
			 strerror(errno));
		return -errno;
	}
	control->agents = agents_new(control->base, control->state,
				     control->monitor, on_change, control);
	control->meter = meter_new(control->base, control->publisher);
	control->counts =
		session_counts_new(control->base, control->state,
				   control->publisher, on_change, control);
	fill_applier(control);
	fill_sweep(control);
	fill_desk(control);
	control->web = webserver_new(control->base, &control->desk.sources);
	control->desk.sources.web = control->web;
	control->desk.sources.web_count = webserver_count(control->web);
	control->desk.sources.web_error = webserver_error(control->web);
	if (control->agents == NULL || control->meter == NULL ||
	    control->counts == NULL || control->web == NULL ||
	    trial_init(&control->trial, control->base, &control->applier) !=
		    0 ||
	    denials_start(&control->denials, control->base) != 0 ||
	    sweep_make(&control->sweep, control->base) != 0) {
		log_line(LOG_LEVEL_ERROR, "not enough memory to start");
		return -ENOMEM;
	}
	return 0;
}

/* Listen for commands. */
static int
open_doors(struct control *control, const struct filenames *names)
{
	control->ctl = ctl_new(control->base, names->socket, commands_answer,
			       &control->desk);
	if (control->ctl == NULL) {
		log_line(LOG_LEVEL_ERROR, "cannot listen on %s: %s",
			 names->socket, doors_fault(errno));
		return -EINVAL;
	}
	control->doors = (struct doors){.base = control->base,
					.handler = commands_answer,
					.arg = &control->desk};
	memcpy(control->doors.main, names->socket, sizeof(names->socket));
	return 0;
}

static int
start(struct control *control, const struct control_options *options)
{
	struct mx_config_errors errors = {0};
	struct entrance entrance;
	struct filenames *const names = &entrance.names;
	int error = entrance_claim(&entrance, control->base, options);

	control->role = entrance.role;
	memcpy(control->instance, entrance.instance, sizeof(control->instance));
	if (error == 0)
		error = open_doors(control, names);
	if (error != 0)
		return error;
	logbook_begin(&control->logbook);
	memcpy(control->saver.path, names->state, sizeof(names->state));
	memcpy(control->discovery.path, names->answers, sizeof(names->answers));
	memcpy(control->history.path, names->history, sizeof(names->history));
	recall_state(control->state, control->saver.path);
	recall_history(&control->history);
	discovery_start(&control->discovery);
	error = make_parts(control);
	if (error != 0)
		return error;
	if (apply_first(&control->applier, control->start_path, &errors) < 0) {
		entrance_log_errors(&errors);
		return -EINVAL;
	}
	error = sweep_start(&control->sweep);
	if (error != 0)
		return error;
	control->supervisor.state = control->state;
	control->supervisor.publisher = control->publisher;
	return supervisor_start(&control->supervisor, control->base);
}

struct control *
control_new(struct event_base *base, const struct control_options *options)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return NULL;
	control->base = base;
	control->state = state_new();
	if (control->state == NULL) {
		free(control);
		return NULL;
	}
	control->saver.state = control->state;
	control->logbook.instance = control->instance;
	control->sheet.instance = control->instance;
	control->denials = (struct denials){.instance = control->instance,
					    .state = control->state,
					    .read = on_list_read,
					    .arg = control};
	control->discovery = (struct discovery){.base = base,
						.state = control->state,
						.changed = apply_discovered,
						.unfit = apply_unfit,
						.arg = &control->applier};
	const int error =
		path_absolute(options->config_path, control->start_path);
	if (error != 0)
		log_line(LOG_LEVEL_ERROR, "%s: %s", options->config_path,
			 strerror(-error));
	if (error != 0 || start(control, options) < 0) {
		control_free(control);
		return NULL;
	}
	return control;
}

void
control_free(struct control *control)
{
	supervisor_end(&control->supervisor);
	waits_end(&control->desk);
	reloadings_end(&control->desk);
	listings_end(&control->desk);
	end_sessions_stop(&control->desk);
	apply_end(&control->applier);
	denials_end(&control->denials);
	discovery_end(&control->discovery);
	capturing_end(&control->desk);
	if (control->publisher != NULL)
		publisher_settle_now(control->publisher);
	if (control->ctl != NULL)
		ctl_free(control->ctl);
	doors_end(&control->doors);
	watching_end(&control->desk);
	free(control->desk.accessing);
	webserver_free(control->web);
	if (control->counts != NULL)
		session_counts_free(control->counts);
	if (control->meter != NULL)
		meter_free(control->meter);
	agents_free(control->agents);
	if (control->monitor != NULL)
		monitor_free(control->monitor);
	if (control->hops != NULL)
		nexthops_free(control->hops);
	if (control->host != NULL)
		host_free(control->host);
	timer_free(control->settle);
	timer_free(control->soon);
	trial_end(&control->trial);
	sweep_end(&control->sweep);
	if (control->publisher != NULL)
		publisher_free(control->publisher);
	/* Another process may read and write the files once the role is free. */
	logbook_end(&control->logbook);
	saver_end(&control->saver,
		  control->role != NULL && !rolewatch_is_lost(control->role));
	if (control->role != NULL)
		rolewatch_free(control->role);
	history_free(&control->history);
	state_free(control->state);
	mx_config_free(control->applier.file);
	free(control->applier.changes);
	free(control);
}
