/* SPDX-License-Identifier: BSD-3-Clause */
#include "applyqueue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denialread.h"
#include "eventlog.h"
#include "load.h"
#include "log.h"
#include "recording.h"
#include "rehearsal.h"
#include "trial.h"
#include "veto.h"

/* A file that waits.  Only the first one is read. */
struct applying {
	char path[PATH_MAX];
	char by[REVISION_BY_MAX];
	uint32_t confirm_s;
	bool undo;
	char *text; /* of the file; NULL: not read yet */
	size_t size;
	apply_done done;
	void *arg;
	struct mx_config *config; /* NULL: not read yet */
	uint64_t ticket;          /* for its lists */
	struct mx_config_errors errors;
	struct applying *next;
};

/* The end of the queue, or NULL if it is full. */
static struct applying **
find_end(struct applier *applier, size_t size)
{
	struct applying **link = &applier->applying;

	for (int i = 0; *link != NULL; i++) {
		size += (*link)->size;
		if (i == APPLYING_MAX - 1 || size > APPLYING_BYTES_MAX)
			return NULL;
		link = &(*link)->next;
	}
	return link;
}

/* Take the first file out of the queue and report its end. */
static void
end_first(struct applier *applier, int error)
{
	struct applying *first = applier->applying;

	applier->applying = first->next;
	first->done(first->arg, error, &first->errors);
	free(first->text);
	free(first);
}

/* Nothing is applied while a revision is on trial. */
static int
refuse_in_trial(const struct applier *applier, struct applying *first)
{
	char text[TRIAL_TEXT_MAX];

	if (history_trial(applier->history) == NULL)
		return 0;
	veto_add(&first->errors, "%s; `config undo` brings it back now",
		 trial_text(applier->trial, text));
	return -EBUSY;
}

/* The text of the revision before the one in force. */
static int
take_former(const struct applier *applier, struct applying *first)
{
	const struct revision *now = history_in_force(applier->history);
	const struct revision *to =
		now != NULL ? history_find(applier->history, now->before)
			    : NULL;

	if (to == NULL) {
		veto_add(&first->errors,
			 "there is no configuration before the one in force: "
			 "see config history");
		return -EINVAL;
	}
	if (to->text == NULL) {
		veto_add(&first->errors, "revision %u: %s", to->number,
			 to->fault);
		return -EINVAL;
	}
	first->text = strndup(to->text, first->size = to->size);
	if (first->text == NULL)
		return -ENOMEM;
	strncat(first->path, to->path, sizeof(first->path) - 1);
	return 0;
}

/* Read the first file and ask for its lists.  Returns 0 or -errno. */
static int
begin_first(struct applier *applier)
{
	struct applying *first = applier->applying;
	const int error = refuse_in_trial(applier, first);

	if (error != 0)
		return error;
	if (first->undo)
		take_former(applier, first);
	else if (first->text == NULL)
		first->text = mx_config_read(first->path, &first->size,
					     &first->errors);
	if (first->text == NULL)
		return -EINVAL;
	first->config = mx_config_parse(first->text, first->size, first->path,
					&first->errors);
	if (first->config == NULL)
		return -EINVAL;
	first->ticket = denials_ask(applier->denials, first->config);
	return 0;
}

/* A trial is in the history on disk before it is in force: a control plane that
 * is killed must find it there. */
static int
prepare_trial(struct applier *applier, struct applying *first,
	      const struct recording *recording)
{
	struct rehearsal rehearsal;

	if (rehearsal_make(&rehearsal, applier, first->path, first->config) !=
	    0)
		return -ENOMEM;
	rehearsal_free(&rehearsal);
	if (rehearsal.refusals.count > 0) {
		first->errors = rehearsal.refusals;
		return -EINVAL;
	}
	const int error = recording_add(applier, recording);
	if (error == 0)
		return 0;
	if (history_trial(applier->history) != NULL)
		history_take_back(applier->history);
	veto_add(&first->errors,
		 "%s: not applied, as a restart before the confirm would not "
		 "know what comes back: the history cannot be written: %s",
		 first->path, strerror(-error));
	return error;
}

/* Put the first file in force, and keep it in the history. */
static int
put_in_force(struct applier *applier, struct applying *first)
{
	struct recording recording = {
		.path = first->path,
		.by = first->by,
		.text = first->text,
		.size = first->size,
		.changes = recording_changes(applier, first->config),
		.trial = first->confirm_s > 0,
	};
	int error =
		recording.trial ? prepare_trial(applier, first, &recording) : 0;

	if (error != 0)
		mx_config_free(first->config);
	else
		error = apply_config(applier, first->path, first->config,
				     &first->errors);
	if (error == 0 && recording.trial) {
		trial_begin(applier->trial, first->confirm_s);
	} else if (error == 0 && first->undo) {
		history_go_back(applier->history, REVISION_UNDONE);
		recording_save(applier->history);
	} else if (error == 0) {
		recording_add(applier, &recording);
	} else if (recording.trial && history_trial(applier->history)) {
		history_take_back(applier->history);
		recording_save(applier->history);
	}
	free(recording.changes);
	return error;
}

void
apply_go_on(struct applier *applier)
{
	while (applier->applying != NULL) {
		struct applying *first = applier->applying;
		int error = 0;

		if (first->config == NULL)
			error = begin_first(applier);
		if (error == 0 &&
		    !denials_are_read(applier->denials, first->config,
				      first->ticket))
			return;
		if (error == 0)
			error = put_in_force(applier, first);
		end_first(applier, error);
	}
}

void
apply_file(struct applier *applier, const struct apply_order *order,
	   apply_done done, void *arg)
{
	const char *path = order->path != NULL ? order->path : "config undo";
	struct mx_config_errors errors = {0};
	struct applying **end = find_end(applier, order->size);
	struct applying *last = end != NULL ? calloc(1, sizeof(*last)) : NULL;

	if (last == NULL) {
		free(order->text);
		veto_add(&errors, "%s: %s", path,
			 end == NULL ? "too many files wait to be applied"
				     : "not enough memory");
		done(arg, end == NULL ? -EBUSY : -ENOMEM, &errors);
		return;
	}
	if (order->path != NULL)
		strncat(last->path, path, sizeof(last->path) - 1);
	snprintf(last->by, sizeof(last->by), "%s", order->by);
	last->text = order->text;
	last->size = order->size;
	last->confirm_s = order->confirm_s;
	last->undo = order->path == NULL;
	last->done = done;
	last->arg = arg;
	*end = last;
	if (applier->applying == last)
		apply_go_on(applier);
}

void
apply_log_refusal(enum log_level level, const char *what, const char *by,
		  const struct mx_config_errors *errors)
{
	char after[PATH_MAX + 64];

	snprintf(after, sizeof(after), "stays as it was: %s is refused", what);
	eventlog_add(&(struct eventlog_news){
		.level = level,
		.source = EVENT_OPERATOR,
		.subject = "config",
		.after = after,
		.why = errors->count > 0 ? errors->text[0] : "out of memory",
		.by = by});
	for (uint16_t i = 1; i < errors->count && i < MX_CONFIG_ERRORS_MAX; i++)
		log_line(level, "%s", errors->text[i]);
}

void
apply_end(struct applier *applier)
{
	while (applier->applying != NULL) {
		struct applying *first = applier->applying;

		mx_config_free(first->config);
		veto_add(&first->errors, "%s: the control plane is stopping",
			 first->path);
		/* It is taken out of the queue there. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		end_first(applier, -ECANCELED);
	}
}
