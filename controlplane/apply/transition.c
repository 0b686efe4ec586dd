/* SPDX-License-Identifier: BSD-3-Clause */
#include "transition.h"

#include <stdlib.h>
#include <string.h>

#include "leaving.h"
#include "sessioncounts.h"

/* mx_config_parse() begins with zeroes, so the gaps are equal. */
bool
transition_is_none(const struct state *state, const struct mx_config *config)
{
	/* NOLINTBEGIN(bugprone-suspicious-memory-comparison) */
	return state->config != NULL &&
	       memcmp(state->config, config, sizeof(*config)) == 0;
	/* NOLINTEND(bugprone-suspicious-memory-comparison) */
}

struct transition *
transition_new(const struct state *state, const struct publisher *publisher,
	       const struct mx_config *file, const struct mx_config *after)
{
	struct transition *transition = calloc(1, sizeof(*transition));

	if (transition == NULL)
		return NULL;
	transition->before = malloc(sizeof(*state));
	if (transition->before == NULL) {
		free(transition);
		return NULL;
	}
	*transition->before = *state;
	transition->file = file;
	transition->same = transition_is_none(state, after);
	transition->leaving = state->retired;
	retired_leave(&transition->leaving, state, after);
	transition->counted =
		transition->leaving.count == 0 ||
		session_counts_now(publisher, &transition->leaving);
	return transition;
}

void
transition_free(struct transition *transition)
{
	if (transition == NULL)
		return;
	free(transition->before);
	free(transition);
}
