/* SPDX-License-Identifier: BSD-3-Clause */
#include "wishing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "duration.h"
#include "eventlog.h"
#include "log.h"
#include "preview.h"
#include "reply.h"
#include "targets.h"

static_assert(CALLER_TEXT_MAX <= NOTE_WHO_MAX, "a caller's name fits a note");

static_assert(STATE_LABEL_MAX == 64, "as is_no_reason() reads it");

/* A command under way. */
struct wishing {
	const struct request *request;
	const struct wish_verb *verb;
	const void *arg;
	struct wish_note note;
	struct targets targets;
	struct preview preview;
};

char *
wishing_who(const struct request *request, char text[static NOTE_WHO_MAX])
{
	const struct caller caller = ctl_caller(request->ctl);

	return caller_text(&caller, text);
}

/* A second backend, or a number alone, is no reason: somebody meant something
 * else.  Reply, and return true. */
static bool
is_no_reason(const struct request *request, const char *reason)
{
	const struct state *state = request->desk->state;
	char word[STATE_LABEL_MAX] = "";

	sscanf(reason, "%63s", word);
	if (word[0] != '@' && state_find(state, word) == MX_BACKEND_NONE &&
	    (reason[0] == '\0' ||
	     strspn(reason, "0123456789") < strlen(reason)))
		return false;
	reply_usage(request,
		    "%s is no reason: for several backends type a pattern such "
		    "as mx/*, or a host such as @10.0.2.11",
		    word);
	return true;
}

bool
wishing_reason(const struct request *request, const struct arguments *arguments,
	       struct remark *remark)
{
	const char *words = arguments_get(arguments, "REASON");
	char fault[REMARK_FAULT_MAX];

	if (remark_parse(words != NULL ? words : "", remark, fault) != 0) {
		reply_usage(request, "%s", fault);
		return false;
	}
	if (remark->for_s > 0) {
		reply_usage(request, "sessions end now, so this has no time: "
				     "leave out 'for TIME'");
		return false;
	}
	return !is_no_reason(request, remark->text);
}

bool
wishing_note(const struct request *request, const struct arguments *arguments,
	     struct wish_note *note)
{
	const char *words = arguments_get(arguments, "REASON");
	const char *time = arguments_get(arguments, "TIME");
	const struct moment now = moment_now();
	char fault[REMARK_FAULT_MAX], line[CTL_LINE_MAX];
	struct remark remark;

	snprintf(line, sizeof(line), "%s%s %s", time != NULL ? "for " : "",
		 time != NULL ? time : "", words != NULL ? words : "");
	if (remark_parse(line, &remark, fault) != 0) {
		reply_usage(request, "%s", fault);
		return false;
	}
	wishing_who(request, note->who);
	memcpy(note->reason, remark.text, sizeof(note->reason));
	note->since_s = now.wall_s;
	note->until = deadline_in(remark.for_s, &now);
	return true;
}

static bool
read_note(struct wishing *w, const struct arguments *arguments)
{
	if (!wishing_note(w->request, arguments, &w->note))
		return false;
	if (deadline_is_set(&w->note.until) && !w->verb->lasts) {
		reply_usage(w->request, "this takes a wish back, so it has no "
					"time: leave out 'for TIME'");
		return false;
	}
	return !is_no_reason(w->request, w->note.reason);
}

static bool
find_targets(struct wishing *w, const char *text)
{
	const struct desk *desk = w->request->desk;

	if (targets_find(desk->state, desk->applier->discovery, text,
			 &w->targets))
		return true;
	reply_no_backend(w->request, text);
	return false;
}

/* Change the copies of the backends. */
static bool
rehearse(struct wishing *w)
{
	const struct wish_verb *verb = w->verb;

	for (uint16_t i = 0; i < w->targets.count; i++) {
		struct backend *b =
			&w->preview.state->backend[w->targets.id[i]];

		if (verb->may != NULL && !verb->may(w->request, b, w->arg))
			return false;
		verb->change(b, &b->override, w->arg);
		b->override.note[verb->kind] = w->note;
	}
	return true;
}

/* Refuse a change that empties pools. */
static bool
leaves_one(const struct wishing *w, bool even_last)
{
	char pools[PREVIEW_TEXT_MAX];
	const uint16_t count = preview_emptied(&w->preview, pools);

	if (count == 0 || even_last)
		return true;
	reply_error(w->request,
		    "this would leave nothing that serves in pool%s %s: new "
		    "sessions would be refused.  Nothing was changed; "
		    "--even-last does it all the same",
		    count == 1 ? "" : "s", pools);
	return false;
}

/* Does the note say more than that this user wished it? */
static bool
is_worth_telling(const struct wish_note *note, const char *who)
{
	return note->reason[0] != '\0' || deadline_is_set(&note->until) ||
	       (note->who[0] != '\0' && strcmp(note->who, who) != 0);
}

/* Write what becomes of a backend, and which wish of whom this replaces. */
static void
print_target(FILE *out, const struct wishing *w, uint16_t id)
{
	const struct backend *before = &w->request->desk->state->backend[id];
	const struct backend *after = &w->preview.state->backend[id];
	const enum wish_kind kind = w->verb->kind;
	const struct moment now = moment_now();
	char label[STATE_LABEL_MAX], note[NOTE_TEXT_MAX];
	char time[DURATION_TEXT_MAX];

	fprintf(out, "%s: ", state_label(before, label));
	w->verb->describe(out, before, after, w->arg);
	if (override_wishes(&after->override, kind) &&
	    deadline_is_set(&w->note.until))
		fprintf(out, ", for %s",
			duration_text(w->note.until.for_s, time));
	if (override_wishes(&before->override, kind) &&
	    is_worth_telling(&before->override.note[kind], w->note.who))
		fprintf(out, " (until now: %s)",
			note_text(&before->override.note[kind], &now, note));
}

/* Returns what becomes of all backends, which the caller frees; NULL: no memory. */
static char *
describe(const struct wishing *w)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	for (uint16_t i = 0; i < w->targets.count; i++) {
		if (i > 0)
			fputc('\n', out);
		print_target(out, w, w->targets.id[i]);
	}
	fclose(out);
	return text;
}

/* Put the overrides that were rehearsed, and let the rest follow. */
static void
put_all(const struct wishing *w)
{
	struct desk *desk = w->request->desk;
	char who[NOTE_WHO_MAX], by[NOTE_WHO_MAX + 16];

	snprintf(by, sizeof(by), "command of %s", wishing_who(w->request, who));
	for (uint16_t i = 0; i < w->targets.count; i++) {
		const uint16_t id = w->targets.id[i];

		override_put(desk->state, id,
			     &w->preview.state->backend[id].override, by);
	}
	if (monitor_follow(desk->monitor) < 0 ||
	    agents_follow(desk->applier->agents) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all probes");
	desk->changed(desk->arg);
}

/* Everything was found to be right. */
static void
finish(const struct wishing *w, bool dry_run)
{
	struct request about = *w->request;
	char *text = describe(w);

	if (text == NULL) {
		reply_words(w->request, ANSWER_REFUSED, NULL);
		return;
	}
	if (dry_run) {
		reply_message(w->request,
			      "nothing was changed; without --dry-run:\n%s",
			      text);
	} else {
		put_all(w);
		if (w->targets.count == 1)
			about.about = w->targets.id[0];
		reply_when_settled(&about, "%s", text);
	}
	free(text);
}

void
wishing_make(const struct request *request, const struct arguments *arguments,
	     const struct wish_verb *verb, const void *arg)
{
	struct wishing w = {.request = request, .verb = verb, .arg = arg};

	if (!find_targets(&w, arguments_get(arguments, "POOL/BACKEND|@HOST")) ||
	    !read_note(&w, arguments))
		return;
	if (preview_begin(&w.preview, request->desk->state) != 0) {
		reply_words(request, ANSWER_REFUSED, NULL);
		return;
	}
	if (rehearse(&w) &&
	    leaves_one(&w, arguments_has(arguments, "--even-last")))
		finish(&w, arguments_has(arguments, "--dry-run"));
	preview_end(&w.preview);
}

/* What changed of a box, and why. */
struct box_change {
	const char *what; /* of its event; NULL: its admin state */
	const char *before, *after;
	const struct wish_note *note;
};

/* Tell it, and let the rest follow. */
static void
finish_box(const struct request *request, const struct box_change *change)
{
	struct desk *desk = request->desk;
	char who[NOTE_WHO_MAX], by[NOTE_WHO_MAX + 16], why[NOTE_TEXT_MAX];

	snprintf(by, sizeof(by), "command of %s", wishing_who(request, who));
	note_why(change->note, why);
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = "box",
					     .what = change->what,
					     .before = change->before,
					     .after = change->after,
					     .why = why,
					     .by = by});
	desk->changed(desk->arg);
	reply_when_settled(request, "box: %s%s%s -> %s%s%s",
			   change->what != NULL ? change->what : "",
			   change->what != NULL ? " " : "", change->before,
			   change->after, why[0] != '\0' ? ", " : "", why);
}

static void
put_box(const struct request *request, bool drain, const struct wish_note *note)
{
	struct box_wish *box = &request->desk->state->box;
	const struct box_change change = {.before = box->drain ? "drain"
							       : "ready",
					  .after = drain ? "drain" : "ready",
					  .note = note};

	box->drain = drain;
	if (drain)
		box->note = *note;
	else
		memset(&box->note, 0, sizeof(box->note));
	finish_box(request, &change);
}

void
command_drain_box(const struct request *request,
		  const struct arguments *arguments)
{
	struct wish_note note;

	if (request->desk->state->config->announce.interface[0] == '\0') {
		reply_error(
			request,
			"the file has no `announce` with an interface, so this "
			"box cannot tell routers to send no more; nothing was "
			"changed");
		return;
	}
	if (wishing_note(request, arguments, &note) &&
	    !is_no_reason(request, note.reason))
		put_box(request, true, &note);
}

void
command_ready_box(const struct request *request,
		  const struct arguments *arguments)
{
	struct wish_note note;

	if (wishing_note(request, arguments, &note) &&
	    !is_no_reason(request, note.reason))
		put_box(request, false, &note);
}

/* Who says again what is so may say it for another reason. */
static void
put_role(const struct request *request, const struct arguments *arguments,
	 bool role)
{
	struct box_wish *box = &request->desk->state->box;
	struct wish_note note;

	if (request->desk->state->config->announce.neighbours !=
	    MX_NEIGHBOURS_ROLE) {
		reply_error(request,
			    "the file has no `announce: {neighbours: role}`, "
			    "so this box always answers ARP and ND for its "
			    "VIPs; nothing was changed");
		return;
	}
	if (!wishing_note(request, arguments, &note) ||
	    is_no_reason(request, note.reason))
		return;
	if (deadline_is_set(&note.until)) {
		reply_usage(request, "a role has no time: leave out 'for "
				     "TIME'");
		return;
	}
	const struct box_change change = {.what = "announce",
					  .before = box->role ? "on" : "off",
					  .after = role ? "on" : "off",
					  .note = &note};

	box->role = role;
	box->role_note = note;
	finish_box(request, &change);
}

void
command_announce_on(const struct request *request,
		    const struct arguments *arguments)
{
	put_role(request, arguments, true);
}

void
command_announce_off(const struct request *request,
		     const struct arguments *arguments)
{
	put_role(request, arguments, false);
}
