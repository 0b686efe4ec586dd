/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that change something: the operator's wishes and the file. */
#include <inttypes.h>
#include <string.h>

#include "commands.h"
#include "log.h"
#include "number.h"
#include "override.h"
#include "traffic.h"

/* "command of alice (uid 1000)", for log lines; the same buffer each time. */
static const char *
command_of(const struct asker *asker)
{
	static char text[CALLER_TEXT_MAX + 16];
	char who[CALLER_TEXT_MAX];
	const struct caller caller = ctl_caller(asker->request);

	snprintf(text, sizeof(text), "command of %s",
		 caller_text(&caller, who));
	return text;
}

static void
set_admin(const struct asker *asker, const char *label, enum admin_state admin)
{
	const uint16_t id = command_backend(asker, label);

	if (id == MX_BACKEND_NONE)
		return;
	struct state *state = asker->control->state;
	struct override override = state->backend[id].override;
	override.admin = admin;
	const enum admin_state before =
		override_put(state, id, &override, command_of(asker)).admin;
	if (before != admin) {
		if (monitor_follow(asker->control->monitor) < 0)
			log_line(LOG_LEVEL_ERROR,
				 "not enough memory for all probes");
		control_changed(asker->control);
	}
	struct asker about = *asker;
	about.about = id;
	reply_when_settled(&about, "%s: %s -> %s%s", label, admin_name(before),
			   admin_name(admin),
			   before == ADMIN_MAINT && admin == ADMIN_READY
				   ? "; it serves after its next checks"
				   : "");
}

void
command_drain(const struct asker *asker, int argc, char **argv)
{
	(void)argc;
	set_admin(asker, argv[0], ADMIN_DRAIN);
}

void
command_ready(const struct asker *asker, int argc, char **argv)
{
	(void)argc;
	set_admin(asker, argv[0], ADMIN_READY);
}

void
command_maint(const struct asker *asker, int argc, char **argv)
{
	(void)argc;
	set_admin(asker, argv[0], ADMIN_MAINT);
}

void
command_weight(const struct asker *asker, int argc, char **argv)
{
	uint32_t weight = 0;
	const bool wish = strcmp(argv[1], "default") != 0;

	(void)argc;
	if (wish && !number_parse(argv[1], MX_WEIGHT_MAX, &weight)) {
		reply_usage(asker,
			    "'%.40s' is no weight; expected 0 to %d, or "
			    "default for that of the file",
			    argv[1], MX_WEIGHT_MAX);
		return;
	}
	const uint16_t id = command_backend(asker, argv[0]);
	if (id == MX_BACKEND_NONE)
		return;
	struct state *state = asker->control->state;
	const struct backend *backend = &state->backend[id];
	const struct override override = {.admin = backend->override.admin,
					  .weight_set = wish,
					  .weight = (uint16_t)weight};
	const uint16_t before = state_weight(backend);
	override_put(state, id, &override, command_of(asker));
	control_changed(asker->control);
	struct asker about = *asker;
	about.about = id;
	reply_when_settled(&about, "%s: weight %u -> %u", argv[0], before,
			   state_weight(backend));
}

/* The number of sessions of an id; 0 while there is no region. */
static uint64_t
sessions_of(const struct control *control, uint16_t id)
{
	return traffic_backend_sessions(publisher_region(control->publisher),
					id);
}

/* Backends that bore this name and rest are ended too: they rest because they
 * have sessions. */
void
command_end_sessions(const struct asker *asker, int argc, char **argv)
{
	struct control *control = asker->control;
	uint16_t ids[MX_BACKENDS_MAX];
	uint64_t sessions = 0;

	(void)argc;
	const uint16_t count = state_ids(control->state, argv[0], ids);
	for (uint16_t i = 0; i < count; i++)
		sessions += sessions_of(control, ids[i]);
	if (count == 0) {
		command_backend(asker, argv[0]); /* says which there are */
		return;
	}
	override_end(control->state, argv[0], sessions, command_of(asker));
	control_changed(control);
	reply_when_settled(asker,
			   "%s: %" PRIu64 " sessions end: both ends are "
			   "reset, silent ones within a minute",
			   argv[0], sessions);
}

static void
reply_config_errors(const struct asker *asker,
		    const struct mx_config_errors *errors)
{
	char text[MX_CONFIG_ERRORS_MAX * MX_CONFIG_ERROR_TEXT_MAX] = "";

	for (uint16_t i = 0; i < errors->count && i < MX_CONFIG_ERRORS_MAX; i++)
		strcat(strcat(text, i > 0 ? "\n" : ""), errors->text[i]);
	reply_error(asker, "%s", text);
}

/* Write the warnings of a file, each after a line feed. */
static void
join_warnings(
	const struct mx_config_errors *errors,
	char text[static MX_CONFIG_ERRORS_MAX * (MX_CONFIG_ERROR_TEXT_MAX + 1)])
{
	text[0] = '\0';
	for (uint16_t i = 0; i < errors->warnings && i < MX_CONFIG_ERRORS_MAX;
	     i++)
		strcat(strcat(text, "\n"), errors->warning[i]);
}

void
command_config_apply(const struct asker *asker, int argc, char **argv)
{
	struct control *control = asker->control;
	struct mx_config_errors errors = {0};
	char warnings[MX_CONFIG_ERRORS_MAX * (MX_CONFIG_ERROR_TEXT_MAX + 1)];
	char rest[PATH_MAX + sizeof(warnings) + 64] = "";
	char *text = NULL;

	(void)argc;
	if (argv[0][0] != '/') {
		reply_usage(asker, "'%s': expected a path that starts with /",
			    argv[0]);
		return;
	}
	log_line(LOG_LEVEL_INFO, "config apply %s, by %s", argv[0],
		 command_of(asker));
	if (apply_file(&control->applier, argv[0], &errors) < 0) {
		reply_config_errors(asker, &errors);
		return;
	}
	if (strcmp(control->start_path, control->applier.path) != 0)
		snprintf(rest, sizeof(rest), "; a restart will read %s instead",
			 control->start_path);
	join_warnings(&errors, warnings);
	strncat(rest, warnings, sizeof(rest) - strlen(rest) - 1);
	const char *changes = control->applier.changes != NULL
				      ? control->applier.changes
				      : "";
	if (asprintf(&text, "%s%s%s", rest, *changes != '\0' ? "\n" : "",
		     changes) < 0)
		text = NULL;
	reply_file_when_settled(asker, argv[0], text != NULL ? text : rest);
	free(text);
}
