/* SPDX-License-Identifier: BSD-3-Clause */
#include "applying.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applyqueue.h"
#include "changereply.h"
#include "eventlog.h"
#include "reloading.h"
#include "reply.h"
#include "scalar.h"
#include "timer.h"
#include "trial.h"

/* A request for a file that is being applied. */
struct apply_request {
	struct request request;
	bool answered; /* the caller has not waited for the end */
	struct timer *patience;
	char path[PATH_MAX];
	char what[PATH_MAX]; /* "apply /a/file" or "undo" */
	char by[APPLYING_BY_MAX];
};

/* Describe what a file changed, after the words that it is in force.
 * Returns the text, to be freed; NULL if there is no memory. */
static char *
describe_apply(const struct desk *desk, const struct mx_config_errors *errors)
{
	const char *start_path = desk->sources.start_path;
	const char *changes = desk->applier->changes;
	char trial[TRIAL_TEXT_MAX];
	char *text = NULL;
	size_t length;

	FILE *out = open_memstream(&text, &length);
	if (out == NULL)
		return NULL;
	if (history_trial(desk->applier->history) != NULL)
		fprintf(out, "; %s", trial_text(desk->applier->trial, trial));
	else if (strcmp(start_path, desk->applier->path) != 0)
		fprintf(out, "; a restart will read %s instead", start_path);
	if (access(start_path, R_OK) < 0)
		fprintf(out,
			"; a restart would fail: the control plane cannot "
			"read %s: %s",
			start_path, strerror(errno));
	for (uint16_t i = 0; i < errors->warnings && i < MX_CONFIG_ERRORS_MAX;
	     i++)
		fprintf(out, "\n%s", errors->warning[i]);
	if (changes != NULL && *changes != '\0')
		fprintf(out, "\n%s", changes);
	fclose(out);
	return text;
}

/* It is applied, and the history on disk lacks it. */
static void
reply_unwritten(const struct request *request, const char *rest)
{
	const struct applier *applier = request->desk->applier;

	reply_noted(request,
		    "%s is applied, not written (%s: %s): a restart before it "
		    "is written may bring another revision back%s",
		    applier->path, applier->history->path,
		    strerror(-applier->history->error), rest);
}

static void
on_applied(void *arg, int error, const struct mx_config_errors *errors)
{
	struct apply_request *apply = arg;
	const struct request *request = &apply->request;

	if (error != 0)
		apply_log_refusal(apply->answered ? LOG_LEVEL_ERROR
						  : LOG_LEVEL_WARN,
				  apply->what, apply->by, errors);
	if (apply->answered) {
		/* The log says what became of it. */
	} else if (error != 0) {
		reply_faults(request, ANSWER_REFUSED, errors);
	} else {
		char *text = describe_apply(request->desk, errors);
		const char *rest = text != NULL ? text : "";

		if (request->desk->applier->history->error != 0)
			reply_unwritten(request, rest);
		else
			reply_file_when_settled(
				request, request->desk->applier->path, rest);
		free(text);
	}
	timer_free(apply->patience);
	free(apply);
}

static void
on_patience_over(void *arg)
{
	struct apply_request *apply = arg;
	char lists[RELOADING_TEXT_MAX];

	apply->answered = true;
	reloading_describe(apply->request.desk->applier->denials, lists);
	reply_noted(&apply->request,
		    "noted, not in force: %s waits until its lists are read "
		    "(%s); the log will say what became of it",
		    apply->path, lists);
}

const char *
applying_by(const struct request *request, char text[static APPLYING_BY_MAX])
{
	struct caller caller = ctl_caller(request->ctl);
	char who[CALLER_TEXT_MAX];

	snprintf(text, APPLYING_BY_MAX, "command of %s",
		 caller_text(&caller, who));
	return text;
}

/* Give an order to the applier, and answer when it is done. */
static void
give_order(const struct request *request, struct apply_order *order)
{
	struct apply_request *apply = calloc(1, sizeof(*apply));

	if (apply != NULL)
		apply->patience =
			timer_new(request->desk->base, on_patience_over, apply);
	if (apply == NULL || apply->patience == NULL) {
		reply_error(request, "not enough memory");
		free(order->text);
		free(apply);
		return;
	}
	snprintf(apply->what, sizeof(apply->what), "%s%s",
		 order->path != NULL ? "apply " : "undo",
		 order->path != NULL ? order->path : "");
	order->by = applying_by(request, apply->by);
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = "config",
					     .after = apply->what,
					     .by = apply->by});
	apply->request = *request;
	strncat(apply->path,
		order->path != NULL ? order->path : "the configuration before",
		sizeof(apply->path) - 1);
	timer_set(apply->patience, RELOADING_PATIENCE_MS);
	apply_file(request->desk->applier, order, on_applied, apply);
}

bool
applying_text(const struct request *request, const char *path, char **text,
	      size_t *size)
{
	*size = 0;
	*text = ctl_take_text(request->ctl, size);
	if (*text != NULL ||
	    strcmp(path, request->desk->sources.start_path) == 0)
		return true;
	reply_usage(request,
		    "%s: expected the text of the file before the command, as "
		    "mxsteer sends it: the control plane opens no file for its "
		    "callers but %s",
		    path, request->desk->sources.start_path);
	return false;
}

/* Read how long a trial takes.  Returns false if the text is no time. */
static bool
read_trial(const char *text, uint32_t *seconds)
{
	static const struct scalar time = {
		SCALAR_DURATION, TRIAL_LEAST_S * 1000, TRIAL_MOST_S * 1000};
	uint32_t ms;

	if (scalar_parse(&time, text, &ms) != 0)
		return false;
	*seconds = ms / 1000;
	return true;
}

void
command_config_apply(const struct request *request,
		     const struct arguments *arguments)
{
	const char *time = arguments_get(arguments, "TIME");
	struct apply_order order = {.path = arguments_get(arguments, "FILE")};

	if (order.path[0] != '/')
		reply_usage(request, "'%s': expected a path that starts with /",
			    order.path);
	else if (time != NULL && !read_trial(time, &order.confirm_s))
		reply_usage(request,
			    "--confirm-within: expected a time from 1s to 24h, "
			    "such as 60s, found '%s'",
			    time);
	else if (applying_text(request, order.path, &order.text, &order.size))
		give_order(request, &order);
}

/* End the trial with the configuration before it. */
static void
undo_trial(const struct request *request)
{
	struct applier *applier = request->desk->applier;
	const uint32_t number = history_trial(applier->history)->number;
	struct mx_config_errors errors = {0};
	char by[APPLYING_BY_MAX];

	if (trial_go_back(applier->trial, REVISION_UNDONE,
			  applying_by(request, by), &errors) != 0) {
		apply_log_refusal(LOG_LEVEL_WARN, "undo", by, &errors);
		reply_faults(request, ANSWER_REFUSED, &errors);
		return;
	}
	char *text = describe_apply(request->desk, &errors);
	const char *rest = text != NULL ? text : "";
	if (applier->history->error != 0)
		reply_unwritten(request, rest);
	else
		reply_when_settled(request,
				   "revision %u is undone: revision %u (%s) is "
				   "in force again%s",
				   number, applier->history->in_force,
				   applier->path, rest);
	free(text);
}

void
command_text(const struct request *request, const struct arguments *arguments)
{
	(void)arguments;
	reply_message(request, "texts are taken");
}

void
command_config_undo(const struct request *request,
		    const struct arguments *arguments)
{
	struct apply_order order = {.path = NULL};

	(void)arguments;
	if (history_trial(request->desk->applier->history) != NULL)
		undo_trial(request);
	else
		give_order(request, &order);
}
