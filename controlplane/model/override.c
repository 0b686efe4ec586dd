/* SPDX-License-Identifier: BSD-3-Clause */
#include "override.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "duration.h"
#include "eventlog.h"
#include "plural.h"

#define WEIGHT_TEXT_MAX 8

/* Who changes an override.  by: NULL is the clock, and why is its reason; a person's
 * reason is in the note of the override. */
struct origin {
	enum event_source source;
	const char *by;
	const char *why;
};

/* A property of a backend as it was and as it is. */
struct change {
	enum wish_kind kind;
	const char *what; /* NULL: the main one */
	const char *before, *after;
};

/* note: of the change. */
static void
tell(const struct backend *backend, const struct origin *origin,
     const struct change *change, const struct wish_note *note)
{
	char subject[STATE_SUBJECT_MAX], why[NOTE_TEXT_MAX];

	eventlog_add(&(struct eventlog_news){
		.level = LOG_LEVEL_INFO,
		.source = origin->source,
		.subject = state_subject(backend, subject),
		.what = change->what,
		.before = change->before,
		.after = change->after,
		.why = origin->why != NULL ? origin->why : note_why(note, why),
		.by = origin->by});
}

static const char *
end_of_sessions(bool end_sessions)
{
	return end_sessions ? "behind their mails" : "by themselves";
}

static const char *
obedience(bool ignored)
{
	return ignored ? "ignored" : "obeyed";
}

/* Tell what is different.  now: as it was put, with the notes of wishes that are
 * taken back.  weight: before and now. */
static void
tell_changes(const struct backend *backend, const struct override *before,
	     const struct override *now, char weight[2][WEIGHT_TEXT_MAX],
	     const struct origin *origin)
{
	const struct change changes[] = {
		{WISH_ADMIN, NULL, admin_name(before->admin),
		 admin_name(now->admin)},
		{WISH_ADMIN, "sessions end",
		 end_of_sessions(before->end_sessions),
		 end_of_sessions(now->end_sessions)},
		{WISH_WEIGHT, "weight", weight[0], weight[1]},
		{WISH_AGENT, "agent", obedience(before->agent_ignored),
		 obedience(now->agent_ignored)},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (strcmp(changes[i].before, changes[i].after) != 0)
			tell(backend, origin, &changes[i],
			     &now->note[changes[i].kind]);
}

/* Is it the same wish, with another reason or another time? */
static bool
is_renewed(const struct override *before, const struct override *now,
	   enum wish_kind kind)
{
	const struct wish_note *old = &before->note[kind];
	const struct wish_note *new = &now->note[kind];

	return override_wishes(now, kind) && override_wishes(before, kind) &&
	       (kind != WISH_ADMIN || before->admin == now->admin) &&
	       (kind != WISH_WEIGHT || before->weight == now->weight) &&
	       (strcmp(old->reason, new->reason) != 0 ||
		old->until.at_s != new->until.at_s);
}

/* Write the weight of a backend: a retired one has none of the file. */
static void
write_weight(const struct backend *backend, char text[static WEIGHT_TEXT_MAX])
{
	if (backend->config != NULL || backend->override.weight_set)
		snprintf(text, WEIGHT_TEXT_MAX, "%u", state_weight(backend));
	else
		snprintf(text, WEIGHT_TEXT_MAX, "default");
}

static struct override
put(struct state *state, uint16_t id, const struct override *override,
    const struct origin *origin)
{
	struct backend *backend = &state->backend[id];
	const struct override before = backend->override;
	char weight[2][WEIGHT_TEXT_MAX], text[OVERRIDE_TEXT_MAX];

	write_weight(backend, weight[0]);
	backend->override = *override;
	for (int kind = 0; kind < WISH_KINDS; kind++)
		if (!override_wishes(override, (enum wish_kind)kind))
			override_drop(&backend->override, (enum wish_kind)kind);
	write_weight(backend, weight[1]);
	if (override->admin != before.admin)
		backend->since_s = clock_wall_s();
	tell_changes(backend, &before, override, weight, origin);
	for (int k = 0; k < WISH_KINDS; k++) {
		const enum wish_kind kind = (enum wish_kind)k;

		if (is_renewed(&before, &backend->override, kind))
			tell(backend, origin,
			     &(struct change){kind,
					      override_text(&backend->override,
							    kind, text),
					      NULL, "goes on"},
			     &override->note[kind]);
	}
	return before;
}

struct override
override_put(struct state *state, uint16_t id, const struct override *override,
	     const char *who)
{
	return put(state, id, override,
		   &(struct origin){.source = EVENT_OPERATOR, .by = who});
}

/* Returns true if the wish was over. */
static bool
expire(struct state *state, uint16_t id, enum wish_kind kind,
       const struct moment *now)
{
	struct override *override = &state->backend[id].override;
	const struct wish_note was = override->note[kind];
	char time[DURATION_TEXT_MAX], why[REMARK_TEXT_MAX + 64];

	deadline_follow(&override->note[kind].until, now);
	if (!deadline_is_over(&override->note[kind].until, now))
		return false;
	duration_text(was.until.for_s, time);
	/* The event is on a page that names no operator. */
	snprintf(why, sizeof(why), "its time of %s is over%s%s", time,
		 was.reason[0] != '\0' ? ": " : "", was.reason);
	struct override left = *override;
	override_drop(&left, kind);
	put(state, id, &left,
	    &(struct origin){.source = EVENT_CONTROL, .why = why});
	return true;
}

bool
override_expire(struct state *state, const struct moment *now)
{
	bool any = false;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		for (int kind = 0; kind < WISH_KINDS; kind++)
			if (expire(state, id, (enum wish_kind)kind, now))
				any = true;
	return any;
}

void
override_end(struct state *state, const char *label, uint64_t sessions,
	     const char *why, const char *who)
{
	uint16_t id[MX_BACKENDS_MAX];
	const uint16_t count = state_ids(state, label, id);
	char subject[STATE_SUBJECT_MAX], after[64];

	for (uint16_t i = 0; i < count; i++)
		state->backend[id[i]].ended_s = (uint32_t)clock_s();
	snprintf(subject, sizeof(subject), "backend %s", label);
	if (sessions == 0)
		snprintf(after, sizeof(after), "has no session to end");
	else
		snprintf(after, sizeof(after), "ends %" PRIu64 " %s", sessions,
			 plural(sessions, "session", "sessions"));
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = subject,
					     .after = after,
					     .why = why,
					     .by = who});
}

void
override_restore(struct backend *backend, const struct override *override)
{
	backend->override = *override;
}

void
override_forget(struct backend *backend)
{
	backend->override = (struct override){.admin = ADMIN_READY};
}

void
override_recall_end(struct backend *backend, uint32_t ended_s)
{
	if (ended_s > backend->ended_s && ended_s <= clock_s())
		backend->ended_s = ended_s;
}
