/* SPDX-License-Identifier: BSD-3-Clause */
#include "nearest.h"

#include <stdio.h>
#include <string.h>

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Compute row i of the table of distances between prefixes of a and of b, from
 * the two rows before it. */
static void
next_row(const char *a, const char *b, size_t i,
	 uint32_t row[][STATE_LABEL_MAX + 1])
{
	const uint32_t *before = row[(i - 1) % 3];
	const uint32_t *before_that = row[(i + 1) % 3];
	uint32_t *now = row[i % 3];

	now[0] = (uint32_t)i;
	for (size_t j = 1; b[j - 1] != '\0' && j <= STATE_LABEL_MAX; j++) {
		const bool same = a[i - 1] == b[j - 1];
		now[j] = smaller(before[j - 1] + !same,
				 smaller(before[j], now[j - 1]) + 1);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
		    a[i - 2] == b[j - 1])
			now[j] = smaller(now[j], before_that[j - 2] + 1);
	}
}

uint32_t
nearest_distance(const char *a, const char *b)
{
	uint32_t row[3][STATE_LABEL_MAX + 1] = {0};
	const size_t rows = strnlen(a, STATE_LABEL_MAX);
	const size_t columns = strnlen(b, STATE_LABEL_MAX);

	for (size_t j = 0; j <= columns; j++)
		row[0][j] = (uint32_t)j;
	for (size_t i = 1; i <= rows; i++)
		next_row(a, b, i, row);
	return row[rows % 3][columns];
}

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
		rank(&ranking, id,
		     smaller(nearest_distance(label, state_label(b, name)),
			     nearest_distance(label, b->name)));
	}
	text[0] = '\0';
	for (uint32_t i = 0; i < ranking.count; i++)
		used += (size_t)snprintf(
			text + used, NEAREST_TEXT_MAX - used, "%s%s",
			i > 0 ? ", " : "",
			state_label(&state->backend[ranking.id[i]], name));
	return count;
}
