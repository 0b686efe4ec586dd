/* SPDX-License-Identifier: BSD-3-Clause */
/* Putting a configuration file in force, now or at the start. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "changes.h"
#include "control.h"
#include "host.h"
#include "log.h"
#include "noroom.h"
#include "veto.h"

static void
log_warnings(const struct mx_config_errors *errors)
{
	for (uint16_t i = 0; i < errors->warnings && i < MX_CONFIG_ERRORS_MAX;
	     i++)
		log_line(LOG_LEVEL_WARN, "%s", errors->warning[i]);
}

static void
follow_backends(struct control *control)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &control->state->backend[id];
		if (b->used)
			nexthops_follow(control->hops, id, &b->address.addr);
		else
			nexthops_forget(control->hops, id);
	}
	ways_follow(nexthops_ways(control->hops),
		    &control->state->config->dataplane);
	nexthops_refresh(control->hops);
}

/* What an apply needs besides the file. */
struct transition {
	struct state *before; /* as it was; its config is gone later */
	/* Addresses that are in use or rest, and that the new configuration
	 * does not have as they are. */
	struct resting leaving;
	bool counted; /* their sessions are known */
	bool same;    /* the new configuration says what the old one did */
};

static struct transition *
transition_new(const struct control *control, const struct mx_config *after)
{
	const struct state *state = control->state;
	struct transition *transition = calloc(1, sizeof(*transition));

	if (transition == NULL)
		return NULL;
	transition->before = malloc(sizeof(*state));
	if (transition->before == NULL) {
		free(transition);
		return NULL;
	}
	*transition->before = *state;
	transition->same = state->config != NULL &&
			   memcmp(state->config, after, sizeof(*after)) == 0;
	transition->leaving = state->resting;
	resting_leave(&transition->leaving, state, after);
	transition->counted =
		transition->leaving.count == 0 ||
		census_count(control->publisher, &transition->leaving);
	return transition;
}

static void
transition_free(struct transition *transition)
{
	if (transition == NULL)
		return;
	free(transition->before);
	free(transition);
}

/* Take over the counts of what rests now, for the CLI. */
static void
note_counts(struct state *state, const struct resting *leaving)
{
	for (uint16_t i = 0; i < leaving->count; i++) {
		const struct resting_address *from = &leaving->row[i];
		struct resting_address *row =
			resting_find(&state->resting, &from->at);
		if (row == NULL)
			continue;
		row->sessions = from->sessions;
		row->places = from->places;
	}
}

/* Keep and log what has changed for what was there. */
static void
tell_changes(struct control *control, const struct transition *transition)
{
	free(control->changes);
	control->changes = NULL;
	if (control->applied_path[0] == '\0')
		return; /* the first one: nothing was there */
	control->changes =
		transition->same
			? strdup("nothing changed")
			: changes_text(transition->before, control->state,
				       control->publisher, transition->counted);
	const char *line = control->changes != NULL ? control->changes : "";
	while (*line != '\0') {
		const int length = (int)strcspn(line, "\n");
		log_line(LOG_LEVEL_INFO, "%.*s", length, line);
		line += length + (line[length] == '\n');
	}
}

/* The state has the new configuration: let everything else follow it.  The
 * state file comes before the plan: a control plane that is killed in between
 * would give the ids of the plan to others. */
static void
follow(struct control *control, const char *path)
{
	follow_backends(control);
	if (monitor_follow(control->monitor) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all probes");
	census_follow(control->census);
	host_watch(control->host, control->state->config);
	saver_save(&control->saver);
	control_changed(control);
	log_line(LOG_LEVEL_INFO, "config %s applied", path);
}

static int
apply(struct control *control, const char *path, struct mx_config *config,
      const struct transition *transition, struct mx_config_errors *errors)
{
	struct state *state = control->state;

	if (!veto_allows(control, path, config, &transition->leaving, errors))
		return -EINVAL;
	char text[NOROOM_TEXT_MAX];
	const int error = state_apply(state, config, (int64_t)time(NULL));
	if (error != 0) {
		veto_add(errors, "%s: %s", path,
			 noroom_text(state, error, (int64_t)time(NULL), text));
		return -EINVAL;
	}
	note_counts(state, &transition->leaving);
	tell_changes(control, transition);
	if (path != control->applied_path)
		snprintf(control->applied_path, sizeof(control->applied_path),
			 "%s", path);
	log_warnings(errors);
	follow(control, path);
	return 0;
}

int
control_apply(struct control *control, const char *path,
	      struct mx_config_errors *errors)
{
	struct mx_config *config = mx_config_load(path, errors);

	if (config == NULL)
		return -EINVAL;
	struct transition *transition = transition_new(control, config);
	int error = -EINVAL;
	if (transition == NULL)
		veto_add(errors, "%s: not enough memory", path);
	else
		error = apply(control, path, config, transition, errors);
	if (error != 0)
		mx_config_free(config);
	transition_free(transition);
	return error;
}

static bool
has_ports(const struct mx_region_header *header,
	  const struct mx_config_dataplane *config)
{
	if (header->ports != config->port_count)
		return false;
	for (uint16_t i = 0; i < config->port_count; i++)
		if (strncmp(header->port[i].interface,
			    config->port[i].interface, IF_NAMESIZE) != 0)
			return false;
	return true;
}

void
control_check_ports(struct control *control)
{
	const struct mx_region *region = publisher_region(control->publisher);
	const bool other =
		region != NULL &&
		publisher_outcome(control->publisher).running &&
		!has_ports(&region->header, &control->state->config->dataplane);

	if (other && !control->other_ports)
		log_line(LOG_LEVEL_ERROR,
			 "the data plane runs with other ports than %s: "
			 "restart mxsteer-dataplane with this file",
			 control->applied_path);
	control->other_ports = other;
}
