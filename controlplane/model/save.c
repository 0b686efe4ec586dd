/* SPDX-License-Identifier: BSD-3-Clause */
#include "save.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "statefile.h"

void
saver_save(struct saver *saver)
{
	char *text = statefile_text(saver->state);

	if (text == NULL)
		return;
	if (saver->text != NULL && strcmp(text, saver->text) == 0) {
		free(text);
		return;
	}
	const int error = -statefile_save(saver->path, text);
	if (error != 0 && error != saver->error)
		log_line(LOG_LEVEL_ERROR,
			 "state not saved to %s: %s; a restart would forget "
			 "it; trying again every %d s",
			 saver->path, strerror(error), SAVE_AGAIN_S);
	else if (error == 0 && saver->error != 0)
		log_line(LOG_LEVEL_INFO, "state saved to %s again",
			 saver->path);
	saver->error = error;
	free(saver->text);
	saver->text = text;
	if (error != 0) {
		free(text);
		saver->text = NULL; /* the next call tries again */
	}
}
