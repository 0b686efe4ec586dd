/* SPDX-License-Identifier: BSD-3-Clause */
#include "rehearsal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assignment.h"
#include "changes.h"
#include "clock.h"
#include "derive.h"
#include "noroom.h"
#include "plankey.h"
#include "transition.h"
#include "veto.h"

/* Describe the change from what is in force to `after`. */
static void
describe(struct rehearsal *rehearsal, const struct applier *applier,
	 struct mx_config *after, const struct transition *transition,
	 const char *path)
{
	char text[NOROOM_TEXT_MAX];
	int error;
	struct state *next =
		state_next(applier->state, after, clock_wall_s(), &error);

	if (next == NULL) {
		veto_add(&rehearsal->refusals, "%s: %s", path,
			 noroom_text(applier->state, error, clock_wall_s(),
				     text));
		return;
	}
	rehearsal->changes =
		changes_text(transition->before, next, applier->publisher,
			     transition->counted);
	free(next);
}

int
rehearsal_make(struct rehearsal *rehearsal, const struct applier *applier,
	       const char *path, const struct mx_config *file)
{
	struct transition *transition = NULL;
	struct plankey key;
	const struct derive_source source =
		discovery_source(applier->discovery, file);
	struct mx_config *after = derive(&source);

	*rehearsal = (struct rehearsal){.changes = NULL};
	if (after != NULL)
		transition = transition_new(applier->state, applier->publisher,
					    file, after);
	if (transition == NULL) {
		mx_config_free(after);
		return -ENOMEM;
	}
	const struct veto_scene scene = {.state = applier->state,
					 .publisher = applier->publisher,
					 .hops = applier->hops,
					 .file = file,
					 .path = path};
	plankey_find(&key, applier->state, after);
	if (key.error != 0)
		plankey_refuse(&key, path, after, &rehearsal->refusals);
	else if (veto_allows(&scene, after, &transition->leaving,
			     &rehearsal->refusals))
		describe(rehearsal, applier, after, transition, path);
	transition_free(transition);
	mx_config_free(after);
	return 0;
}

void
rehearsal_free(struct rehearsal *rehearsal)
{
	free(rehearsal->changes);
}

const struct mx_config *
rehearsal_file(const struct applier *applier)
{
	return applier->file != NULL ? applier->file : applier->state->config;
}
