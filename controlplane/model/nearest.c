/* SPDX-License-Identifier: BSD-3-Clause */
#include "nearest.h"

#include <stdio.h>
#include <string.h>

#include "editdistance.h"

/* The best labels so far, nearest first. */
struct ranking {
	uint32_t count;
	uint16_t id[NEAREST_MAX];
	uint32_t distance[NEAREST_MAX];
};

static void
rank(struct ranking *ranking, uint16_t id, uint32_t distance)
{
	uint32_t at = ranking->count;

	if (at == NEAREST_MAX) {
		at--;
		if (distance >= ranking->distance[at])
			return;
	} else {
		ranking->count++;
	}
	for (; at > 0 && ranking->distance[at - 1] > distance; at--) {
		ranking->id[at] = ranking->id[at - 1];
		ranking->distance[at] = ranking->distance[at - 1];
	}
	ranking->id[at] = id;
	ranking->distance[at] = distance;
}

uint32_t
nearest_backends(const struct state *state, const char *label,
		 char text[NEAREST_TEXT_MAX])
{
	struct ranking ranking = {.count = 0};
	char name[STATE_LABEL_MAX];
	uint32_t count = 0;
	size_t used = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];
		if (b->config == NULL)
			continue;
		count++;
		const uint32_t whole =
			editdistance(label, state_label(b, name));
		const uint32_t alone = editdistance(label, b->name);
		rank(&ranking, id, whole < alone ? whole : alone);
	}
	text[0] = '\0';
	for (uint32_t i = 0; i < ranking.count; i++)
		used += (size_t)snprintf(
			text + used, NEAREST_TEXT_MAX - used, "%s%s",
			i > 0 ? ", " : "",
			state_label(&state->backend[ranking.id[i]], name));
	return count;
}
