/* SPDX-License-Identifier: BSD-3-Clause */
#include "preview.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int
preview_begin(struct preview *preview, const struct state *state)
{
	preview->state = malloc(sizeof(*preview->state));
	if (preview->state == NULL)
		return -ENOMEM;
	*preview->state = *state;
	/* Other changes of this turn may not have been weighed yet. */
	state_weigh(preview->state);
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		preview->empty[p] = preview->state->pool[p].empty;
	return 0;
}

void
preview_end(struct preview *preview)
{
	/* Not state_free(): what the state points to is not a copy. */
	free(preview->state);
}

uint16_t
preview_emptied(const struct preview *preview,
		char names[static PREVIEW_TEXT_MAX])
{
	const struct mx_config *config = preview->state->config;
	uint16_t count = 0;
	size_t used = 0;

	names[0] = '\0';
	state_weigh(preview->state);
	for (uint16_t p = 0; p < config->pool_count; p++) {
		if (preview->empty[p] || !preview->state->pool[p].empty)
			continue;
		count++;
		if (used + MX_NAME_MAX + 2 < PREVIEW_TEXT_MAX)
			used += (size_t)snprintf(
				&names[used], PREVIEW_TEXT_MAX - used, "%s%s",
				used > 0 ? ", " : "", config->pool[p].name);
	}
	return count;
}
