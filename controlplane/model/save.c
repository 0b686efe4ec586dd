/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeping the state file up to date. */
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "log.h"
#include "statefile.h"
#include "sweep.h"

void
control_save(struct control *control)
{
	char *text = statefile_text(control->state);

	if (text == NULL)
		return;
	if (control->saved_text != NULL &&
	    strcmp(text, control->saved_text) == 0) {
		free(text);
		return;
	}
	const int error = -statefile_save(control->state_path, text);
	if (error != 0 && error != control->save_error)
		log_line(LOG_LEVEL_ERROR,
			 "state not saved to %s: %s; a restart would forget "
			 "it; trying again every %d s",
			 control->state_path, strerror(error), SWEEP_S);
	else if (error == 0 && control->save_error != 0)
		log_line(LOG_LEVEL_INFO, "state saved to %s again",
			 control->state_path);
	control->save_error = error;
	free(control->saved_text);
	control->saved_text = text;
	if (error != 0) {
		free(text);
		control->saved_text = NULL; /* the next sweep tries again */
	}
}
