/* SPDX-License-Identifier: BSD-3-Clause */
#include "revising.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applying.h"
#include "history.h"
#include "load.h"
#include "number.h"
#include "reply.h"
#include "trial.h"
#include "wrap.h"

#define INDENT 4 /* of what belongs to the line before */

/* Why there is nothing to confirm. */
static void
reply_no_trial(const struct request *request, struct history *history)
{
	const struct revision *newest =
		history->count > 0 ? &history->revision[history->count - 1]
				   : NULL;

	if (newest != NULL && newest->fate == REVISION_EXPIRED)
		reply_error(request,
			    "nothing waits to be confirmed: revision %u was "
			    "not confirmed in time, and revision %u is in "
			    "force again",
			    newest->number, history->in_force);
	else
		reply_error(request,
			    "nothing waits to be confirmed: revision %u is in "
			    "force, and stays",
			    history->in_force);
}

void
command_config_confirm(const struct request *request,
		       const struct arguments *arguments)
{
	struct applier *applier = request->desk->applier;
	const char *text = arguments_get(arguments, "N");
	const struct revision *trial = history_trial(applier->history);
	char by[APPLYING_BY_MAX];
	uint32_t number = 0;

	if (text != NULL && !number_parse(text, UINT32_MAX, &number)) {
		reply_usage(request, "'%s': expected the number of a revision",
			    text);
		return;
	}
	if (trial == NULL) {
		reply_no_trial(request, applier->history);
		return;
	}
	number = text != NULL ? number : trial->number;
	if (number != trial->number)
		reply_error(request,
			    "revision %u does not wait to be confirmed: "
			    "revision %u does",
			    number, trial->number);
	else if (trial_confirm(applier->trial, applying_by(request, by)) != 0)
		reply_noted(request,
			    "revision %u is confirmed and stays, but that "
			    "cannot be written (%s): a restart before it is "
			    "written brings revision %u back",
			    number, strerror(-applier->history->error),
			    trial->before);
	else
		reply_message(request, "revision %u is confirmed and stays",
			      number);
}

static json_t *
pack_revision(const struct history *history, const struct revision *revision)
{
	return json_pack("{s:i s:I s:s s:b s:o s:o s:o s:o}", "revision",
			 revision->number, "time", (json_int_t)revision->time_s,
			 "fate", history_fate_name(revision->fate), "in_force",
			 revision->number == history->in_force, "by",
			 reply_value(revision->by), "file",
			 reply_value(revision->path), "changes",
			 reply_value(revision->changes), "fault",
			 revision->text != NULL ? json_null()
						: reply_value(revision->fault));
}

static void
reply_json_list(const struct request *request, const struct history *history,
		const char *restart)
{
	json_t *rows = json_array();

	for (uint16_t i = history->count; i > 0; i--)
		json_array_append_new(
			rows,
			pack_revision(history, &history->revision[i - 1]));
	reply_json(request, ANSWER_OK,
		   json_pack("{s:o s:o}", "revisions", rows, "restart",
			     reply_value(restart)));
}

static void
print_lines(FILE *out, const char *text)
{
	while (*text != '\0') {
		const int length = (int)strcspn(text, "\n");

		fprintf(out, "    %.*s\n", length, text);
		text += length + (text[length] == '\n');
	}
}

static const char *
fate_text(const struct history *history, const struct revision *revision)
{
	if (revision->number != history->in_force)
		return history_fate_name(revision->fate);
	return revision->fate == REVISION_TRIAL ? "in force, on trial"
						: "in force";
}

static void
print_revision(FILE *out, const struct history *history,
	       const struct revision *revision, size_t width)
{
	char line[PATH_MAX + REVISION_BY_MAX + 128];
	const time_t when_s = (time_t)revision->time_s;
	char time[32] = "-";
	struct tm local;

	if (localtime_r(&when_s, &local) != NULL)
		strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &local);
	snprintf(line, sizeof(line), "%u  %s  %s: %s, by %s", revision->number,
		 time, fate_text(history, revision), revision->path,
		 revision->by);
	wrap_print(out, line, width, INDENT, 0);
	print_lines(out, revision->changes);
	if (revision->text == NULL)
		fprintf(out, "    cannot come back: %s\n", revision->fault);
}

/* What a restart of the control plane puts in force; see applyfirst.h.  The
 * caller frees the text. */
static char *
describe_restart(const struct desk *desk)
{
	struct history *history = desk->applier->history;
	const char *path = desk->sources.start_path;
	const struct revision *trial = history_trial(history);
	struct mx_config_errors errors = {0};
	char *words = NULL;
	size_t size = 0;
	int length;

	if (trial != NULL) {
		length = asprintf(&words,
				  "a restart now brings revision %u back",
				  trial->before);
		return length < 0 ? NULL : words;
	}
	char *text = mx_config_read(path, &size, &errors);
	const struct revision *same =
		text != NULL ? history_find_text(history, text, size) : NULL;
	if (text == NULL)
		length =
			asprintf(&words, "a restart fails: %s", errors.text[0]);
	else if (same != NULL && same->number == history->in_force)
		length = asprintf(&words, "a restart reads the same text: %s",
				  path);
	else if (same != NULL && same->fate != REVISION_KEPT)
		length = asprintf(&words,
				  "a restart keeps revision %u, as %s has the "
				  "text of revision %u (%s)",
				  history->in_force, path, same->number,
				  history_fate_name(same->fate));
	else
		length = asprintf(&words,
				  "a restart reads %s instead, which has "
				  "another text",
				  path);
	free(text);
	return length < 0 ? NULL : words;
}

static void
reply_list(const struct request *request, const char *restart)
{
	const struct applier *applier = request->desk->applier;
	const struct history *history = applier->history;
	const size_t width = request->style.width;
	char trial[TRIAL_TEXT_MAX];
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL) {
		reply_words(request, ANSWER_REFUSED, NULL);
		return;
	}
	for (uint16_t i = history->count; i > 0; i--)
		print_revision(out, history, &history->revision[i - 1], width);
	if (history_trial(applier->history) != NULL)
		wrap_print(out, trial_text(applier->trial, trial), width,
			   INDENT, 0);
	wrap_print(out, restart, width, INDENT, 0);
	if (history->error != 0)
		fprintf(out, "not written: %s\n", strerror(-history->error));
	fprintf(out, "files that a text names, such as deny lists, are not "
		     "kept\n");
	fclose(out);
	ctl_reply(request->ctl, ANSWER_OK, text, strlen(text));
	free(text);
}

static void
reply_text(const struct request *request, const char *text)
{
	struct history *history = request->desk->applier->history;
	const struct revision *revision = NULL;
	uint32_t number;

	if (number_parse(text, UINT32_MAX, &number))
		revision = history_find(history, number);
	if (revision == NULL)
		reply_error(request, "no revision '%s' is kept", text);
	else if (revision->text == NULL)
		reply_error(request, "revision %u: %s", number,
			    revision->fault);
	else if (request->json)
		reply_json(request, ANSWER_OK,
			   json_pack("{s:o}", "text",
				     reply_value(revision->text)));
	else
		ctl_reply(request->ctl, ANSWER_OK, revision->text,
			  revision->size);
}

void
command_config_history(const struct request *request,
		       const struct arguments *arguments)
{
	const char *number = arguments_get(arguments, "N");

	if (number != NULL) {
		reply_text(request, number);
		return;
	}
	char *restart = describe_restart(request->desk);
	const char *words = restart != NULL ? restart : "";
	if (request->json)
		reply_json_list(request, request->desk->applier->history,
				words);
	else
		reply_list(request, words);
	free(restart);
}
