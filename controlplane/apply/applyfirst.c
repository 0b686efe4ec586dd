/* SPDX-License-Identifier: BSD-3-Clause */
#include "applyfirst.h"

#include <errno.h>
#include <stdlib.h>

#include "denialread.h"
#include "eventlog.h"
#include "load.h"
#include "recording.h"

static int
begin(struct applier *applier, const char *path, struct mx_config *config,
      struct mx_config_errors *errors)
{
	denials_ask(applier->denials, config);
	return apply_config(applier, path, config, errors);
}

/* Put the revision in force in force again.  Returns false if that cannot be;
 * then the file counts. */
static bool
begin_with_revision(struct applier *applier)
{
	const struct revision *revision = history_in_force(applier->history);
	struct mx_config_errors errors = {0};
	struct mx_config *config = NULL;

	if (revision == NULL)
		return false;
	if (revision->text != NULL)
		config = mx_config_parse(revision->text, revision->size,
					 revision->path, &errors);
	if (config == NULL) {
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "config",
			      "revision %u cannot come back: %s",
			      revision->number,
			      revision->text != NULL ? errors.text[0]
						     : revision->fault);
		return false;
	}
	return begin(applier, revision->path, config, &errors) == 0;
}

/* End the trial that the last control plane did not end. */
static void
end_trial(struct history *history)
{
	const struct revision *trial = history_trial(history);

	if (trial == NULL)
		return;
	eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "config",
		      "revision %u was on trial when the control plane ended: "
		      "revision %u is in force again",
		      trial->number, trial->before);
	history_go_back(history, REVISION_EXPIRED);
	recording_save(history);
}

static bool
is_taken_back(const struct revision *revision)
{
	return revision != NULL && (revision->fate == REVISION_EXPIRED ||
				    revision->fate == REVISION_UNDONE);
}

/* Put the text of the file in force, and keep it. */
static int
begin_with_file(struct applier *applier, struct recording *recording,
		struct mx_config_errors *errors)
{
	struct mx_config *config = mx_config_parse(
		recording->text, recording->size, recording->path, errors);

	if (config == NULL)
		return -EINVAL;
	recording->changes = recording_changes(applier, config);
	const int error = begin(applier, recording->path, config, errors);
	if (error == 0)
		recording_add(applier, recording);
	free(recording->changes);
	return error;
}

int
apply_first(struct applier *applier, const char *path,
	    struct mx_config_errors *errors)
{
	struct history *history = applier->history;
	const bool on_trial = history_trial(history) != NULL;
	struct recording recording = {.path = path, .by = "the start"};
	char *text = mx_config_read(path, &recording.size, errors);
	int error = 0;

	if (text == NULL)
		return -EINVAL;
	recording.text = text;
	end_trial(history);
	const struct revision *same =
		history_find_text(history, text, recording.size);
	if ((on_trial || is_taken_back(same)) && begin_with_revision(applier)) {
		applier->passed_over = is_taken_back(same) ? same->number : 0;
		if (applier->passed_over != 0)
			eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, "config",
				      "%s has the text of revision %u, which "
				      "was %s: revision %u is in force",
				      path, same->number,
				      history_fate_name(same->fate),
				      history->in_force);
	} else {
		error = begin_with_file(applier, &recording, errors);
	}
	free(text);
	return error;
}
