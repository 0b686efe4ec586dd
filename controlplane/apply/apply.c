/* SPDX-License-Identifier: BSD-3-Clause */
#include "apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assignment.h"
#include "changes.h"
#include "clock.h"
#include "denialread.h"
#include "leaving.h"
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
follow_backends(struct applier *applier)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &applier->state->backend[id];
		if (b->used)
			nexthops_follow(applier->hops, id, &b->address.addr);
		else
			nexthops_forget(applier->hops, id);
	}
	ways_follow(nexthops_ways(applier->hops),
		    &applier->state->config->dataplane);
	nexthops_refresh(applier->hops);
}

/* The data of one apply, besides the file. */
struct transition {
	struct state *before; /* the state before the change; its config is
			       * freed later */
	/* Addresses that are in use or retired, and that the new configuration
	 * does not have in the same part. */
	struct retired leaving;
	bool counted; /* the sessions of these addresses are known */
	bool same;    /* the new configuration equals the old one */
};

static struct transition *
transition_new(const struct applier *applier, const struct mx_config *after)
{
	const struct state *state = applier->state;
	struct transition *transition = calloc(1, sizeof(*transition));

	if (transition == NULL)
		return NULL;
	transition->before = malloc(sizeof(*state));
	if (transition->before == NULL) {
		free(transition);
		return NULL;
	}
	*transition->before = *state;
	/* mx_config_parse() begins with zeroes, so the gaps are equal. */
	/* NOLINTBEGIN(bugprone-suspicious-memory-comparison) */
	transition->same = state->config != NULL &&
			   memcmp(state->config, after, sizeof(*after)) == 0;
	/* NOLINTEND(bugprone-suspicious-memory-comparison) */
	transition->leaving = state->retired;
	retired_leave(&transition->leaving, state, after);
	transition->counted =
		transition->leaving.count == 0 ||
		session_counts_now(applier->publisher, &transition->leaving);
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

/* Copy the counts of what is retired now, for the CLI. */
static void
note_counts(struct state *state, const struct retired *leaving)
{
	for (uint16_t i = 0; i < leaving->count; i++) {
		const struct retired_address *from = &leaving->row[i];
		struct retired_address *row =
			retired_find(&state->retired, &from->at);
		if (row == NULL)
			continue;
		row->sessions = from->sessions;
		row->slots = from->slots;
	}
}

/* Keep and log the changes to what was there before. */
static void
tell_changes(struct applier *applier, const struct transition *transition)
{
	free(applier->changes);
	applier->changes = NULL;
	if (applier->path[0] == '\0')
		return; /* the first configuration changes nothing */
	applier->changes =
		transition->same
			? strdup("nothing changed")
			: changes_text(transition->before, applier->state,
				       applier->publisher, transition->counted);
	const char *line = applier->changes != NULL ? applier->changes : "";
	while (*line != '\0') {
		const int length = (int)strcspn(line, "\n");
		log_line(LOG_LEVEL_INFO, "%.*s", length, line);
		line += length + (line[length] == '\n');
	}
}

/* The state has the new configuration.  Everything else follows it.  The state
 * file comes before the plan: otherwise a control plane that is killed in
 * between would give the ids of the plan to other backends. */
static void
follow(struct applier *applier, const char *path)
{
	follow_backends(applier);
	if (monitor_follow(applier->monitor) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all probes");
	session_counts_follow(applier->counts);
	host_watch(applier->host, applier->state->config);
	saver_save(applier->saver);
	applier->changed(applier->arg);
	log_line(LOG_LEVEL_INFO, "config %s applied", path);
}

static int
change_state(struct applier *applier, const char *path,
	     struct mx_config *config, const struct transition *transition,
	     struct mx_config_errors *errors)
{
	struct state *state = applier->state;
	const struct veto_scene scene = {.state = state,
					 .publisher = applier->publisher,
					 .hops = applier->hops,
					 .path = path};

	if (!veto_allows(&scene, config, &transition->leaving, errors))
		return -EINVAL;
	/* At the start mail comes before lists. */
	if (applier->path[0] != '\0' &&
	    denials_judge(applier->denials, config, errors) != 0)
		return -EINVAL;
	char text[NOROOM_TEXT_MAX];
	const int error = state_apply(state, config, clock_wall_s());
	if (error != 0) {
		veto_add(errors, "%s: %s", path,
			 noroom_text(state, error, clock_wall_s(), text));
		return -EINVAL;
	}
	denials_assign(applier->denials);
	note_counts(state, &transition->leaving);
	tell_changes(applier, transition);
	if (path != applier->path)
		snprintf(applier->path, sizeof(applier->path), "%s", path);
	log_warnings(errors);
	follow(applier, path);
	return 0;
}

int
apply_config(struct applier *applier, const char *path,
	     struct mx_config *config, struct mx_config_errors *errors)
{
	struct transition *transition = transition_new(applier, config);
	int error = -EINVAL;

	if (transition == NULL)
		veto_add(errors, "%s: not enough memory", path);
	else
		error = change_state(applier, path, config, transition, errors);
	if (error != 0) {
		denials_assign(applier->denials);
		mx_config_free(config);
	}
	transition_free(transition);
	return error;
}

int
apply_first(struct applier *applier, const char *path,
	    struct mx_config_errors *errors)
{
	struct mx_config *config = mx_config_load(path, errors);

	if (config == NULL)
		return -EINVAL;
	denials_ask(applier->denials, config);
	return apply_config(applier, path, config, errors);
}
