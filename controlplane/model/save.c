/* SPDX-License-Identifier: BSD-3-Clause */
#include "save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eventlog.h"
#include "replacefile.h"
#include "statefile.h"

/* Does the file have this text? */
static bool
is_written(const char *kept, const char *text)
{
	return kept != NULL && strcmp(kept, text) == 0;
}

static void
tell(const struct saver *saver, int error)
{
	if (error != 0 && error != saver->error)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "state",
			      "not saved to %s: %s; a restart would forget "
			      "it; trying again every %d s",
			      saver->path, strerror(error), SAVE_AGAIN_S);
	else if (error == 0 && saver->error != 0)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "state",
			      "saved to %s again", saver->path);
}

/* Write the file.  text is without percents.  Both texts are the saver's from now
 * on. */
static void
write_file(struct saver *saver, char *text, char *percents)
{
	const int error = text == NULL || percents == NULL
				  ? ENOMEM
				  : -replacefile(saver->path, percents, 0600);

	tell(saver, error);
	saver->error = error;
	free(saver->text);
	free(saver->percents);
	if (error != 0) {
		/* The next call tries again. */
		free(text);
		free(percents);
		text = percents = NULL;
	}
	saver->text = text;
	saver->percents = percents;
}

void
saver_save(struct saver *saver)
{
	char *text = statefile_text(saver->state, false);

	if (text != NULL && !is_written(saver->text, text))
		write_file(saver, text, statefile_text(saver->state, true));
	else
		free(text);
}

void
saver_save_percents(struct saver *saver)
{
	char *percents = statefile_text(saver->state, true);

	if (percents != NULL && !is_written(saver->percents, percents))
		write_file(saver, statefile_text(saver->state, false),
			   percents);
	else
		free(percents);
}

void
saver_end(struct saver *saver, bool write)
{
	if (write && (saver->text != NULL || saver->error != 0))
		saver_save_percents(saver);
	free(saver->text);
	free(saver->percents);
	saver->text = saver->percents = NULL;
}
