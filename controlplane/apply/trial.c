/* SPDX-License-Identifier: BSD-3-Clause */
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "denialread.h"
#include "eventlog.h"
#include "load.h"
#include "recording.h"
#include "timer.h"
#include "veto.h"

static void
on_time_over(void *arg)
{
	struct trial *trial = arg;
	struct mx_config_errors errors = {0};

	if (history_trial(trial->applier->history) != NULL)
		trial_go_back(trial, REVISION_EXPIRED, NULL, &errors);
}

int
trial_init(struct trial *trial, struct event_base *base,
	   struct applier *applier)
{
	*trial = (struct trial){.applier = applier};
	trial->timer = timer_new(base, on_time_over, trial);
	return trial->timer != NULL ? 0 : -ENOMEM;
}

void
trial_end(struct trial *trial)
{
	timer_free(trial->timer);
}

const char *
trial_text(const struct trial *trial, char text[static TRIAL_TEXT_MAX])
{
	const struct revision *revision =
		history_trial(trial->applier->history);
	char until[32] = "";
	struct tm tm;

	localtime_r(&trial->until_s, &tm);
	strftime(until, sizeof(until), "%H:%M:%S", &tm);
	if (trial->overdue)
		snprintf(text, TRIAL_TEXT_MAX,
			 "revision %u was not confirmed until %s, and revision "
			 "%u cannot come back: %.120s",
			 revision->number, until, revision->before,
			 trial->refusal);
	else
		snprintf(text, TRIAL_TEXT_MAX,
			 "revision %u is on trial: without `config confirm` "
			 "until %s revision %u comes back",
			 revision->number, until, revision->before);
	return text;
}

void
trial_begin(struct trial *trial, uint32_t seconds)
{
	char text[TRIAL_TEXT_MAX];

	trial->seconds = seconds;
	trial->until_s = clock_wall_s() + seconds;
	trial->overdue = false;
	timer_set(trial->timer, seconds * 1000ull);
	eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, "config", "%s",
		      trial_text(trial, text));
}

static void
tell(uint32_t number, const char *after, const char *why, const char *by)
{
	char before[32];

	snprintf(before, sizeof(before), "revision %u", number);
	eventlog_add(&(struct eventlog_news){
		.level = by != NULL ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
		.source = by != NULL ? EVENT_OPERATOR : EVENT_CONTROL,
		.subject = "config",
		.before = before,
		.after = after,
		.why = why,
		.by = by});
}

int
trial_confirm(struct trial *trial, const char *by)
{
	struct history *history = trial->applier->history;
	const struct revision *revision = history_trial(history);

	tell(revision->number, "confirmed", NULL, by);
	history_confirm(history);
	trial->overdue = false;
	timer_set(trial->timer, TRIAL_MOST_S * 1000ull);
	return recording_save(history);
}

/* Parse a text of the history and put it in force. */
static int
put_back(struct applier *applier, const struct revision *to,
	 struct mx_config_errors *errors)
{
	struct mx_config *config =
		mx_config_parse(to->text, to->size, to->path, errors);

	if (config == NULL)
		return -EINVAL;
	denials_ask(applier->denials, config);
	applier->coming_back = true;
	const int error = apply_config(applier, to->path, config, errors);
	applier->coming_back = false;
	return error;
}

/* The one before is refused: try again later. */
static void
hold(struct trial *trial, enum revision_fate fate,
     const struct mx_config_errors *errors)
{
	char text[TRIAL_TEXT_MAX];

	if (fate != REVISION_EXPIRED)
		return;
	const bool news =
		!trial->overdue || strcmp(trial->refusal, errors->text[0]) != 0;
	trial->overdue = true;
	snprintf(trial->refusal, sizeof(trial->refusal), "%s", errors->text[0]);
	timer_set(trial->timer, TRIAL_AGAIN_MS);
	if (news)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "config", "%s",
			      trial_text(trial, text));
}

int
trial_go_back(struct trial *trial, enum revision_fate fate, const char *by,
	      struct mx_config_errors *errors)
{
	struct applier *applier = trial->applier;
	struct history *history = applier->history;
	const struct revision *on_trial = history_trial(history);
	const struct revision *to = history_find(history, on_trial->before);
	char after[64], why[64];

	if (to == NULL || to->text == NULL) {
		veto_add(errors, "revision %u is not to be had: %s",
			 on_trial->before,
			 to != NULL ? to->fault : "it is not kept");
		hold(trial, fate, errors);
		return -EINVAL;
	}
	put_back(applier, to, errors);
	if (errors->count > 0) {
		hold(trial, fate, errors);
		return -EINVAL;
	}
	snprintf(after, sizeof(after), "%s: revision %u is in force again",
		 history_fate_name(fate), to->number);
	snprintf(why, sizeof(why), "it was not confirmed within %u s",
		 trial->seconds);
	tell(on_trial->number, after, by == NULL ? why : NULL, by);
	history_go_back(history, fate);
	trial->overdue = false;
	recording_save(history);
	return 0;
}
