/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "applyqueue.h"
#include "capturing.h"
#include "commands.h"
#include "denialread.h"
#include "host.h"
#include "identity.h"
#include "log.h"
#include "path.h"
#include "recall.h"
#include "reloading.h"
#include "statefile.h"
#include "timer.h"
#include "traffic.h"
#include "wait.h"

#define SOCKET_FOLDER IDENTITY_SOCKET_FOLDER

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

static void
log_empty_pools(struct control *control, const bool *was_empty)
{
	const struct state *state = control->state;

	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		const char *name = state->config->pool[p].name;
		if (state->pool[p].empty && !was_empty[p])
			log_line(LOG_LEVEL_ERROR,
				 "pool %s has no usable backend", name);
		else if (!state->pool[p].empty && was_empty[p])
			log_line(LOG_LEVEL_INFO,
				 "pool %s has a usable backend again", name);
	}
}

/* Copy the next hop, and say so when the dsr mode cannot use it. */
static void
take_hop(const struct control *control, struct backend *b, uint16_t id)
{
	const bool was_far = state_is_far(b);
	char label[STATE_LABEL_MAX];

	b->hop = *nexthops_get(control->hops, id);
	const bool far = state_is_far(b);
	if (far && !was_far)
		log_line(LOG_LEVEL_ERROR,
			 "backend %s is behind a gateway and takes no session: "
			 "dsr rewrites only the MAC address, which works on "
			 "one link only; write forward: tunnel",
			 state_label(b, label));
	else if (was_far && !far)
		log_line(LOG_LEVEL_INFO, "backend %s is on the same link again",
			 state_label(b, label));
}

/* Handle all changes of this turn of the loop together.  The plan comes first,
 * since fail-over is urgent, and the state file second.  A reply says "done"
 * only after both. */
static void
on_settle(void *arg)
{
	struct control *control = arg;
	struct state *state = control->state;
	bool was_empty[MX_POOLS_MAX];

	for (uint16_t p = 0; p < MX_POOLS_MAX; p++)
		was_empty[p] = state->pool[p].empty;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].used)
			take_hop(control, &state->backend[id], id);
	memset(state->way, 0, sizeof(state->way));
	state->ways = ways_rows(nexthops_ways(control->hops), state->way);
	state_weigh(state);
	log_empty_pools(control, was_empty);
	publisher_offer(control->publisher);
	saver_save(&control->saver);
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

static void
load_state(struct control *control)
{
	const int error = statefile_load(control->saver.path, control->state);

	if (error == -ENOENT)
		log_line(LOG_LEVEL_WARN,
			 "no state file %s yet: starting afresh",
			 control->saver.path);
	else if (error != 0)
		log_line(LOG_LEVEL_WARN,
			 "state file %s is of no use (%s): starting afresh, "
			 "with every backend ready and down",
			 control->saver.path,
			 error == -EINVAL ? "not as this version writes it"
					  : strerror(-error));
}

/* Make the folders and the names of files that depend on the instance. */
static int
name_files(struct control *control, const struct control_options *options,
	   char *socket_path)
{
	if (mkdir(options->state_dir, 0750) < 0 && errno != EEXIST) {
		log_line(LOG_LEVEL_ERROR, "cannot make %s: %s",
			 options->state_dir, strerror(errno));
		return -errno;
	}
	if (options->socket_path == NULL && mkdir(SOCKET_FOLDER, 0755) < 0 &&
	    errno != EEXIST) {
		log_line(LOG_LEVEL_ERROR, "cannot make %s: %s", SOCKET_FOLDER,
			 strerror(errno));
		return -errno;
	}
	int length =
		snprintf(control->saver.path, sizeof(control->saver.path),
			 "%s/%s.json", options->state_dir, control->instance);
	if (length >= (int)sizeof(control->saver.path))
		return -ENAMETOOLONG;
	if (options->socket_path != NULL)
		length = snprintf(socket_path, PATH_MAX, "%s",
				  options->socket_path);
	else
		length = snprintf(socket_path, PATH_MAX,
				  SOCKET_FOLDER "/%s.sock", control->instance);
	return length >= PATH_MAX ? -ENAMETOOLONG : 0;
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
		.counts = control->counts,
		.host = control->host,
		.denials = &control->denials,
		.saver = &control->saver,
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
			    .applier = &control->applier,
			    .saver = &control->saver,
			    .portcheck = &control->sweep.portcheck,
			    .instance = control->instance,
			    .start_path = control->start_path},
		.changed = on_change,
		.arg = control,
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
	if (control->publisher == NULL || control->monitor == NULL ||
	    control->settle == NULL) {
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
	control->meter = meter_new(control->base, control->publisher);
	control->counts =
		session_counts_new(control->base, control->state,
				   control->publisher, on_change, control);
	fill_applier(control);
	fill_sweep(control);
	fill_desk(control);
	if (control->meter == NULL || control->counts == NULL ||
	    denials_start(&control->denials, control->base) != 0 ||
	    sweep_make(&control->sweep, control->base) != 0) {
		log_line(LOG_LEVEL_ERROR, "not enough memory to start");
		return -ENOMEM;
	}
	return 0;
}

static void
log_config_errors(const struct mx_config_errors *errors)
{
	for (uint16_t i = 0; i < errors->count && i < MX_CONFIG_ERRORS_MAX; i++)
		log_line(LOG_LEVEL_ERROR, "%s", errors->text[i]);
}

static const char *
listen_fault(int error)
{
	if (error == EADDRINUSE)
		return "another process answers there";
	if (error == ENOTSOCK)
		return "it is not a socket, and is left alone";
	return strerror(error);
}

static int
start(struct control *control, const struct control_options *options)
{
	struct mx_config_errors errors = {0};
	char socket_path[PATH_MAX];

	/* The instance names everything else, so the file is read first; it is
	 * read again, in full, by apply_first(). */
	struct mx_config *config =
		mx_config_load(options->config_path, &errors);
	if (config == NULL) {
		log_config_errors(&errors);
		return -EINVAL;
	}
	memcpy(control->instance, config->instance, sizeof(control->instance));
	int error = options->confined ? identity_find(config) : 0;
	mx_config_free(config);
	if (error != 0)
		return error;

	/* The role comes first.  A second control plane of the instance would
	 * otherwise take the first one's socket and overwrite its state file.
	 */
	control->role = rolewatch_new(control->base, control->instance);
	if (control->role == NULL)
		return -EBUSY;
	if (options->confined)
		error = identity_take(control->instance, options->state_dir,
				      options->socket_path);
	if (error == 0)
		error = name_files(control, options, socket_path);
	if (error != 0)
		return error;
	control->ctl = ctl_new(control->base, socket_path, commands_answer,
			       &control->desk);
	if (control->ctl == NULL) {
		log_line(LOG_LEVEL_ERROR, "cannot listen on %s: %s",
			 socket_path, listen_fault(errno));
		return -EINVAL;
	}
	load_state(control);
	error = make_parts(control);
	if (error != 0)
		return error;
	if (apply_first(&control->applier, control->start_path, &errors) < 0) {
		log_config_errors(&errors);
		return -EINVAL;
	}
	return sweep_start(&control->sweep);
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
	control->denials = (struct denials){.instance = control->instance,
					    .state = control->state,
					    .read = on_list_read,
					    .arg = control};
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
	waits_end(&control->desk);
	reloadings_end(&control->desk);
	apply_end(&control->applier);
	denials_end(&control->denials);
	capturing_end(&control->desk);
	if (control->publisher != NULL)
		publisher_settle_now(control->publisher);
	if (control->ctl != NULL)
		ctl_free(control->ctl);
	if (control->counts != NULL)
		session_counts_free(control->counts);
	if (control->meter != NULL)
		meter_free(control->meter);
	if (control->monitor != NULL)
		monitor_free(control->monitor);
	if (control->hops != NULL)
		nexthops_free(control->hops);
	if (control->host != NULL)
		host_free(control->host);
	timer_free(control->settle);
	sweep_end(&control->sweep);
	if (control->publisher != NULL)
		publisher_free(control->publisher);
	if (control->role != NULL)
		rolewatch_free(control->role);
	state_free(control->state);
	free(control->applier.changes);
	free(control->saver.text);
	free(control);
}
