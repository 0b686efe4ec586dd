/* SPDX-License-Identifier: BSD-3-Clause */
#include "noroom.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The things of one kind that are retired. */
struct retired_sum {
	uint32_t backends;
	uint32_t services;
	int64_t oldest_s; /* when the first of them was retired */
};

static void
add(struct retired_sum *sum, uint32_t *count, int64_t since_s)
{
	(*count)++;
	if (since_s < sum->oldest_s)
		sum->oldest_s = since_s;
}

static struct retired_sum
count_retired(const struct state *state, int64_t now_s)
{
	struct retired_sum sum = {.oldest_s = now_s};

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].retired)
			add(&sum, &sum.backends,
			    state->backend[id].retired_since_s);
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (state->service[id].retired)
			add(&sum, &sum.services,
			    state->service[id].retired_since_s);
	return sum;
}

const char *
noroom_text(const struct state *state, int error, int64_t now_s,
	    char text[static NOROOM_TEXT_MAX])
{
	const struct retired_sum sum = count_retired(state, now_s);
	const int64_t retired_s = now_s - sum.oldest_s;
	const int64_t left_s = state_retired_s(state) > retired_s
				       ? state_retired_s(state) - retired_s
				       : 0;

	if (error == -ENOBUFS)
		snprintf(
			text, NOROOM_TEXT_MAX,
			"no room for its addresses beside the %u that are retired "
			"until their sessions end: see show retired",
			state->retired.count);
	else if (error == -ENOSPC)
		snprintf(text, NOROOM_TEXT_MAX,
			 "no room for its backends and services: of %d and %d "
			 "places, %u and %u are kept for what left the "
			 "configuration: see show retired; the first is free "
			 "in %" PRId64 " s, if it has no session then",
			 MX_BACKENDS_MAX, MX_SERVICES_MAX, sum.backends,
			 sum.services, left_s);
	else
		snprintf(text, NOROOM_TEXT_MAX, "%s", strerror(-error));
	return text;
}
