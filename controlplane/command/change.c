/* SPDX-License-Identifier: BSD-3-Clause */
#include "change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "endsessions.h"
#include "number.h"
#include "plural.h"
#include "reply.h"
#include "targets.h"
#include "traffic.h"
#include "wishing.h"

/* What drain, maint and ready ask for. */
struct admin_change {
	enum admin_state admin;
	bool end_sessions;
};

/* With direct return the replies of a session do not come by here, so nobody
 * here knows where a mail ends. */
static bool
may_set_admin(const struct request *request, const struct backend *b,
	      const void *arg)
{
	const struct admin_change *change = arg;
	char label[STATE_LABEL_MAX];

	if (!change->end_sessions || !b->direct)
		return true;
	reply_error(request,
		    "%s: mxsteer does not see the replies of dsr and tunnel, "
		    "so it cannot tell where a mail ends; use drain without "
		    "--end-sessions, and let the MTA end its sessions",
		    state_label(b, label));
	return false;
}

/* A drain that ends sessions goes on to end them if another drain adds a time or
 * a reason. */
static bool
keeps_ending(const struct override *override, const struct admin_change *change)
{
	return change->admin == ADMIN_DRAIN && override->admin == ADMIN_DRAIN &&
	       override->end_sessions;
}

static void
change_admin(const struct backend *b, struct override *override,
	     const void *arg)
{
	const struct admin_change *change = arg;

	(void)b;
	override->end_sessions =
		change->end_sessions || keeps_ending(override, change);
	override->admin = change->admin;
}

static void
describe_admin(FILE *out, const struct backend *before,
	       const struct backend *after, const void *arg)
{
	const struct admin_change *change = arg;

	fprintf(out, "%s -> %s", admin_name(before->override.admin),
		admin_name(after->override.admin));
	if (before->override.admin == ADMIN_MAINT &&
	    change->admin == ADMIN_READY)
		fputs("; it serves after its next checks", out);
	else if (after->override.end_sessions)
		fputs("; its sessions end behind their mails: show drain", out);
}

static void
set_admin(const struct request *request, const struct arguments *arguments,
	  enum admin_state admin)
{
	const struct admin_change change = {
		.admin = admin,
		.end_sessions = arguments_has(arguments, "--end-sessions")};
	const struct wish_verb verb = {.kind = WISH_ADMIN,
				       .lasts = admin != ADMIN_READY,
				       .may = may_set_admin,
				       .change = change_admin,
				       .describe = describe_admin};

	wishing_make(request, arguments, &verb, &change);
}

void
command_drain(const struct request *request, const struct arguments *arguments)
{
	set_admin(request, arguments, ADMIN_DRAIN);
}

void
command_ready(const struct request *request, const struct arguments *arguments)
{
	set_admin(request, arguments, ADMIN_READY);
}

void
command_maint(const struct request *request, const struct arguments *arguments)
{
	set_admin(request, arguments, ADMIN_MAINT);
}

/* A weight, or a part of that of the file. */
struct weight_change {
	bool set; /* false: that of the file */
	bool is_percent;
	uint32_t number;
};

/* A part of a weight, rounded.  A part above 0 keeps the backend in service. */
static uint32_t
part_of(uint16_t weight, uint32_t percent)
{
	const uint32_t part = (weight * percent + 50) / 100;

	return part == 0 && weight > 0 && percent > 0 ? 1 : part;
}

static uint32_t
wanted_weight(const struct backend *b, const struct weight_change *change)
{
	return change->is_percent ? part_of(b->config->weight, change->number)
				  : change->number;
}

static bool
may_set_weight(const struct request *request, const struct backend *b,
	       const void *arg)
{
	const uint32_t weight = wanted_weight(b, arg);
	char label[STATE_LABEL_MAX];

	if (weight <= MX_WEIGHT_MAX)
		return true;
	reply_error(request,
		    "%s: that is a weight of %u, and the most is %d; the file "
		    "gives it %u",
		    state_label(b, label), weight, MX_WEIGHT_MAX,
		    b->config->weight);
	return false;
}

static void
change_weight(const struct backend *b, struct override *override,
	      const void *arg)
{
	const struct weight_change *change = arg;

	override->weight_set = change->set;
	override->weight = change->set ? (uint16_t)wanted_weight(b, change) : 0;
}

static void
describe_weight(FILE *out, const struct backend *before,
		const struct backend *after, const void *arg)
{
	const struct weight_change *change = arg;

	fprintf(out, "weight %u -> %u", state_weight(before),
		state_weight(after));
	if (change->is_percent)
		fprintf(out, ", %u %% of the %u of the file", change->number,
			after->config->weight);
}

/* Read N or N%, of which neither is over MX_WEIGHT_MAX.  Returns false after a
 * reply. */
static bool
read_weight(const struct request *request, const char *text,
	    struct weight_change *change)
{
	char digits[8] = "";
	const size_t length = strlen(text);

	change->set = true;
	change->is_percent = length > 0 && text[length - 1] == '%';
	const size_t count = length - change->is_percent;
	if (count < sizeof(digits))
		memcpy(digits, text, count);
	if (number_parse(digits, MX_WEIGHT_MAX, &change->number))
		return true;
	reply_usage(request,
		    "'%.40s' is no weight; expected 0 to %d, a part of that of "
		    "the file as 50%%, or default for that of the file",
		    text, MX_WEIGHT_MAX);
	return false;
}

void
command_weight(const struct request *request, const struct arguments *arguments)
{
	const char *number = arguments_get(arguments, "N");
	struct weight_change change = {.set = false};

	if (number == NULL)
		number = arguments_get(arguments, "N%");
	if (number != NULL && !read_weight(request, number, &change))
		return;
	const struct wish_verb verb = {.kind = WISH_WEIGHT,
				       .lasts = change.set,
				       .may = may_set_weight,
				       .change = change_weight,
				       .describe = describe_weight};
	wishing_make(request, arguments, &verb, &change);
}

/* Whether the agent of a backend is to be ignored. */
struct agent_change {
	bool ignore;
	const struct mx_config *config;
};

static void
change_agent(const struct backend *b, struct override *override,
	     const void *arg)
{
	const struct agent_change *change = arg;

	(void)b;
	override->agent_ignored = change->ignore;
}

static void
describe_agent(FILE *out, const struct backend *before,
	       const struct backend *after, const void *arg)
{
	const struct agent_change *change = arg;
	const struct mx_config_pool *pool =
		mx_config_find_pool(change->config, after->pool);

	(void)before;
	fprintf(out, "its agent is %s%s", change->ignore ? "ignored" : "obeyed",
		pool != NULL && pool->agent.port != 0
			? ""
			: "; its pool has no agents (key agent)");
}

void
command_agent(const struct request *request, const struct arguments *arguments)
{
	const struct agent_change change = {
		.ignore = arguments_has(arguments, "ignore"),
		.config = request->desk->state->config};
	const struct wish_verb verb = {.kind = WISH_AGENT,
				       .lasts = change.ignore,
				       .change = change_agent,
				       .describe = describe_agent};

	wishing_make(request, arguments, &verb, &change);
}

/* A command that ends the sessions of backends. */
struct end {
	const struct request *request;
	const char *text;       /* as it was typed */
	struct targets targets; /* none: the text is of what left the file */
	struct remark remark;
	char by[NOTE_WHO_MAX + 16];
};

/* Retired backends that had the name are included, since they are retired only
 * because they have sessions.  Returns how many sessions there are. */
static uint64_t
count_sessions(const struct desk *desk, const char *label)
{
	uint16_t ids[MX_BACKENDS_MAX];
	uint64_t sessions = 0;

	const uint16_t count = state_ids(desk->state, label, ids);
	for (uint16_t i = 0; i < count; i++)
		sessions += traffic_backend_sessions(
			publisher_region(desk->publisher), ids[i]);
	return sessions;
}

/* Count the sessions of all that are meant, or end them. */
static uint64_t
all_sessions(const struct end *end, bool ends)
{
	struct desk *desk = end->request->desk;
	char label[STATE_LABEL_MAX];
	uint64_t sum = 0;

	for (uint16_t i = 0; i == 0 || i < end->targets.count; i++) {
		const char *name =
			end->targets.count == 0
				? end->text
				: state_label(
					  &desk->state->backend[end->targets
									.id[i]],
					  label);
		const uint64_t sessions = count_sessions(desk, name);

		if (ends)
			override_end(desk->state, name, sessions,
				     end->remark.text, end->by);
		sum += sessions;
	}
	return sum;
}

/* Does a pattern mean every MTA? */
static bool
means_all(const struct end *end)
{
	const struct state *state = end->request->desk->state;
	uint32_t configured = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		configured += state->backend[id].config != NULL;
	return targets_are_many(end->text) && configured > 1 &&
	       end->targets.count == configured;
}

static bool
find_ended(struct end *end)
{
	const struct desk *desk = end->request->desk;
	uint16_t ids[MX_BACKENDS_MAX];

	if (targets_find(desk->state, desk->applier->discovery, end->text,
			 &end->targets) ||
	    (!targets_are_many(end->text) &&
	     state_ids(desk->state, end->text, ids) > 0))
		return true;
	reply_no_backend(end->request, end->text);
	return false;
}

/* Everything is right: end them. */
static void
end_all(const struct end *end)
{
	struct desk *desk = end->request->desk;
	const uint64_t sessions = all_sessions(end, true);
	char text[END_SESSIONS_TEXT_MAX];

	desk->changed(desk->arg);
	reply_ends_when_settled(end->request, sessions, "%s: %s", end->text,
				end_sessions_text(sessions, true, text));
}

void
command_end_sessions(const struct request *request,
		     const struct arguments *arguments)
{
	struct end end = {
		.request = request,
		.text = arguments_get(arguments, "POOL/BACKEND|@HOST")};
	char who[NOTE_WHO_MAX], text[END_SESSIONS_TEXT_MAX];

	if (!find_ended(&end) ||
	    !wishing_reason(request, arguments, &end.remark))
		return;
	const bool refused =
		means_all(&end) && !arguments_has(arguments, "--all");
	snprintf(end.by, sizeof(end.by), "command of %s",
		 wishing_who(request, who));
	const uint64_t sessions = all_sessions(&end, false);
	if (arguments_has(arguments, "--dry-run"))
		reply_message(request,
			      "nothing was changed; without --dry-run:\n"
			      "%s: %s%s",
			      end.text,
			      end_sessions_text(sessions, false, text),
			      refused ? ", with --all" : "");
	else if (refused)
		reply_error(request,
			    "this would end %" PRIu64 " %s, those of "
			    "every MTA.  Nothing was changed; --all does it "
			    "all the same",
			    sessions, plural(sessions, "session", "sessions"));
	else
		end_all(&end);
}
