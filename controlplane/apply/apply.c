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
#include "derive.h"
#include "eventlog.h"
#include "load.h"
#include "log.h"
#include "noroom.h"
#include "plankey.h"
#include "transition.h"
#include "veto.h"

/* Log the warnings about a file that is in force, and keep them for status. */
static void
tell_warnings(struct applier *applier, const struct mx_config_errors *errors)
{
	applier->warnings = errors->warnings;
	memcpy(applier->warning, errors->warning[0], sizeof(applier->warning));
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
follow(struct applier *applier)
{
	follow_backends(applier);
	if (monitor_follow(applier->monitor) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all probes");
	if (agents_follow(applier->agents) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all agents");
	session_counts_follow(applier->counts);
	host_watch(applier->host, applier->state->config);
	saver_save(applier->saver);
	applier->changed(applier->arg);
}

/* Give the configuration to the state. */
static int
change_state(struct applier *applier, const char *path,
	     struct mx_config *config, struct mx_config_errors *errors)
{
	struct state *state = applier->state;
	char text[NOROOM_TEXT_MAX];
	const int error = state_apply(state, config, clock_wall_s());

	if (error == 0)
		return 0;
	veto_add(errors, "%s: %s", path,
		 noroom_text(state, error, clock_wall_s(), text));
	return -EINVAL;
}

/* What an apply of the file is judged by. */
static struct veto_scene
scene_of(const struct applier *applier, const struct mx_config *file)
{
	return (struct veto_scene){.state = applier->state,
				   .publisher = applier->publisher,
				   .hops = applier->hops,
				   .file = file,
				   .path = applier->path};
}

/* Find the key of the plan.  Mail goes on with the last key at the start, and when an
 * older configuration comes back.  Returns false if the file is refused. */
static bool
find_key(const struct applier *applier, const char *path,
	 const struct mx_config *config, struct plankey *key,
	 struct mx_config_errors *errors)
{
	plankey_find(key, applier->state, config);
	if (key->error == 0 || applier->path[0] == '\0' || applier->coming_back)
		return true;
	plankey_refuse(key, path, config, errors);
	return false;
}

static int
change_file(struct applier *applier, const char *path, struct mx_config *config,
	    const struct transition *transition,
	    struct mx_config_errors *errors)
{
	struct state *state = applier->state;
	struct veto_scene scene = scene_of(applier, transition->file);
	struct plankey key;

	scene.path = path;
	if (!veto_allows(&scene, config, &transition->leaving, errors))
		return -EINVAL;
	/* At the start mail comes before lists. */
	if (applier->path[0] != '\0' && !applier->coming_back &&
	    denials_judge(applier->denials, config, errors) != 0)
		return -EINVAL;
	if (!find_key(applier, path, config, &key, errors) ||
	    change_state(applier, path, config, errors) != 0)
		return -EINVAL;
	plankey_follow(&key, state);
	applier->secret_error = key.error;
	denials_assign(applier->denials);
	note_counts(state, &transition->leaving);
	tell_changes(applier, transition);
	if (path != applier->path)
		snprintf(applier->path, sizeof(applier->path), "%s", path);
	tell_warnings(applier, errors);
	applier->passed_over = 0;
	follow(applier);
	eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "config", "%s applied",
		      path);
	return 0;
}

/* Discovery goes on by the new file. */
static void
follow_file(struct applier *applier, struct mx_config *file)
{
	if (discovery_follow(applier->discovery, file) < 0)
		log_line(LOG_LEVEL_ERROR,
			 "not enough memory to ask DNS about all pools");
	mx_config_free(applier->file);
	applier->file = file;
	applier->refusal[0] = '\0';
}

int
apply_config(struct applier *applier, const char *path,
	     struct mx_config *config, struct mx_config_errors *errors)
{
	struct mx_config *file = derive_is_needed(config) ? config : NULL;
	const struct mx_config *as_read = config;
	struct transition *transition = NULL;
	int error = -EINVAL;

	if (file != NULL) {
		const struct derive_source source =
			discovery_source(applier->discovery, file);
		config = derive(&source);
	}
	if (config != NULL)
		transition = transition_new(applier->state, applier->publisher,
					    as_read, config);
	if (transition == NULL)
		veto_add(errors, "%s: not enough memory", path);
	else
		error = change_file(applier, path, config, transition, errors);
	if (error == 0) {
		follow_file(applier, file);
	} else {
		denials_assign(applier->denials);
		mx_config_free(config);
		mx_config_free(file);
	}
	transition_free(transition);
	return error;
}

static int
change_members(struct applier *applier, struct mx_config *config,
	       const struct transition *transition,
	       struct mx_config_errors *errors)
{
	const struct veto_scene scene = scene_of(applier, transition->file);

	if (!veto_allows_members(&scene, config, &transition->leaving, errors))
		return -EINVAL;
	if (change_state(applier, applier->path, config, errors) != 0)
		return -EINVAL;
	/* A file that waits for its lists goes on waiting for them. */
	denials_give(applier->denials);
	note_counts(applier->state, &transition->leaving);
	tell_changes(applier, transition);
	follow(applier);
	return 0;
}

/* Log once why members are not in force. */
static void
tell_refusal(struct applier *applier, const char *why)
{
	if (strcmp(applier->refusal, why) != 0 && *why != '\0')
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DNS, "config",
			      "has not what DNS names: %s", why);
	snprintf(applier->refusal, sizeof(applier->refusal), "%s", why);
}

const char *
apply_unfit(void *arg, const struct mx_config *file, uint16_t pool,
	    const struct mx_addr *addr)
{
	const struct applier *applier = arg;
	const struct veto_scene scene = scene_of(applier, file);

	return veto_member(&scene, pool, addr);
}

void
apply_discovered(void *arg)
{
	struct applier *applier = arg;
	struct mx_config_errors errors = {0};
	int error = -ENOMEM;

	if (applier->file == NULL)
		return;
	const struct derive_source source =
		discovery_source(applier->discovery, applier->file);
	struct mx_config *config = derive(&source);
	/* Most answers change nothing, and sessions are not counted for them. */
	if (config != NULL && transition_is_none(applier->state, config)) {
		mx_config_free(config);
		tell_refusal(applier, "");
		return;
	}
	struct transition *transition =
		config != NULL
			? transition_new(applier->state, applier->publisher,
					 applier->file, config)
			: NULL;
	if (transition == NULL)
		veto_add(&errors, "not enough memory");
	else
		error = change_members(applier, config, transition, &errors);
	if (error != 0)
		mx_config_free(config);
	tell_refusal(applier, error != 0 ? errors.text[0] : "");
	transition_free(transition);
}
