/* SPDX-License-Identifier: BSD-3-Clause */
#include "change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "log.h"
#include "number.h"
#include "override.h"
#include "reply.h"
#include "traffic.h"

/* Name the caller for log lines, as "command of alice (uid 1000)".  The text is
 * valid until the next call. */
static const char *
command_of(const struct request *request)
{
	static char text[CALLER_TEXT_MAX + 16];
	char who[CALLER_TEXT_MAX];
	const struct caller caller = ctl_caller(request->ctl);

	snprintf(text, sizeof(text), "command of %s",
		 caller_text(&caller, who));
	return text;
}

/* Ask for an admin state.  end_sessions: and for the end of the sessions. */
static void
set_admin(const struct request *request, const char *label,
	  enum admin_state admin, bool end_sessions)
{
	struct desk *desk = request->desk;
	const uint16_t id = state_find(desk->state, label);

	if (id == MX_BACKEND_NONE) {
		reply_no_backend(request, label);
		return;
	}
	struct state *state = desk->state;
	struct override override = state->backend[id].override;
	override.admin = admin;
	override.end_sessions = end_sessions;
	const struct override was =
		override_put(state, id, &override, command_of(request));
	const enum admin_state before = was.admin;
	if (before != admin || was.end_sessions != end_sessions) {
		if (monitor_follow(desk->monitor) < 0)
			log_line(LOG_LEVEL_ERROR,
				 "not enough memory for all probes");
		desk->changed(desk->arg);
	}
	struct request about = *request;
	about.about = id;
	const char *rest = "";
	if (before == ADMIN_MAINT && admin == ADMIN_READY)
		rest = "; it serves after its next checks";
	else if (end_sessions)
		rest = "; its sessions end behind their mails: show drain";
	reply_when_settled(&about, "%s: %s -> %s%s", label, admin_name(before),
			   admin_name(admin), rest);
}

/* With direct return the replies of a session do not come by here, so nobody
 * here knows where a mail ends. */
static bool
can_end_sessions(const struct request *request, const char *label)
{
	const struct state *state = request->desk->state;
	const uint16_t id = state_find(state, label);

	if (id == MX_BACKEND_NONE || !state->backend[id].direct)
		return true;
	reply_error(request,
		    "%s: mxsteer does not see the replies of dsr and tunnel, "
		    "so it cannot tell where a mail ends; use drain without "
		    "--end-sessions, and let the MTA end its sessions",
		    label);
	return false;
}

void
command_drain(const struct request *request, int argc, char **argv)
{
	const bool end_sessions = argc == 2;

	/* No name begins with a hyphen. */
	if (argv[0][0] == '-' ||
	    (end_sessions && strcmp(argv[1], "--end-sessions") != 0)) {
		reply_usage(request,
			    "expected: drain POOL/BACKEND [--end-sessions]");
		return;
	}
	if (!end_sessions || can_end_sessions(request, argv[0]))
		set_admin(request, argv[0], ADMIN_DRAIN, end_sessions);
}

void
command_ready(const struct request *request, int argc, char **argv)
{
	(void)argc;
	set_admin(request, argv[0], ADMIN_READY, false);
}

void
command_maint(const struct request *request, int argc, char **argv)
{
	(void)argc;
	set_admin(request, argv[0], ADMIN_MAINT, false);
}

void
command_weight(const struct request *request, int argc, char **argv)
{
	uint32_t weight = 0;
	const bool set = strcmp(argv[1], "default") != 0;

	(void)argc;
	if (set && !number_parse(argv[1], MX_WEIGHT_MAX, &weight)) {
		reply_usage(request,
			    "'%.40s' is no weight; expected 0 to %d, or "
			    "default for that of the file",
			    argv[1], MX_WEIGHT_MAX);
		return;
	}
	struct desk *desk = request->desk;
	const uint16_t id = state_find(desk->state, argv[0]);
	if (id == MX_BACKEND_NONE) {
		reply_no_backend(request, argv[0]);
		return;
	}
	struct state *state = desk->state;
	const struct backend *backend = &state->backend[id];
	struct override override = backend->override;
	override.weight_set = set;
	override.weight = (uint16_t)weight;
	const uint16_t before = state_weight(backend);
	override_put(state, id, &override, command_of(request));
	desk->changed(desk->arg);
	struct request about = *request;
	about.about = id;
	reply_when_settled(&about, "%s: weight %u -> %u", argv[0], before,
			   state_weight(backend));
}

/* Count the sessions of a backend.  The count is 0 while there is no region. */
static uint64_t
sessions_of(const struct desk *desk, uint16_t id)
{
	return traffic_backend_sessions(publisher_region(desk->publisher), id);
}

/* Retired backends that had this name are included, since they are retired only
 * because they have sessions. */
void
command_end_sessions(const struct request *request, int argc, char **argv)
{
	struct desk *desk = request->desk;
	uint16_t ids[MX_BACKENDS_MAX];
	uint64_t sessions = 0;

	(void)argc;
	const uint16_t count = state_ids(desk->state, argv[0], ids);
	for (uint16_t i = 0; i < count; i++)
		sessions += sessions_of(desk, ids[i]);
	if (count == 0) {
		reply_no_backend(request, argv[0]);
		return;
	}
	override_end(desk->state, argv[0], sessions, command_of(request));
	desk->changed(desk->arg);
	reply_when_settled(request,
			   "%s: %" PRIu64 " sessions end: both ends are "
			   "reset, silent ones within a minute",
			   argv[0], sessions);
}
