/* SPDX-License-Identifier: BSD-3-Clause */
#include "noroom.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The things of one kind that rest. */
struct rest {
	uint32_t backends;
	uint32_t services;
	int64_t oldest_s; /* when the first of them began to rest */
};

static void
add(struct rest *rest, uint32_t *count, int64_t since_s)
{
	(*count)++;
	if (since_s < rest->oldest_s)
		rest->oldest_s = since_s;
}

static struct rest
count_resting(const struct state *state, int64_t now_s)
{
	struct rest rest = {.oldest_s = now_s};

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].resting)
			add(&rest, &rest.backends,
			    state->backend[id].resting_since_s);
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (state->service[id].resting)
			add(&rest, &rest.services,
			    state->service[id].resting_since_s);
	return rest;
}

const char *
noroom_text(const struct state *state, int error, int64_t now_s,
	    char text[static NOROOM_TEXT_MAX])
{
	const struct rest rest = count_resting(state, now_s);
	const int64_t rested_s = now_s - rest.oldest_s;
	const int64_t left_s = state_rest_s(state) > rested_s
				       ? state_rest_s(state) - rested_s
				       : 0;

	if (error == -ENOBUFS)
		snprintf(text, NOROOM_TEXT_MAX,
			 "no room for its addresses beside the %u that rest "
			 "until their sessions end: see show resting",
			 state->resting.count);
	else if (error == -ENOSPC)
		snprintf(text, NOROOM_TEXT_MAX,
			 "no room for its backends and services: of %d and %d "
			 "places, %u and %u are kept for what left the "
			 "configuration: see show resting; the first is free "
			 "in %" PRId64 " s, if it has no session then",
			 MX_BACKENDS_MAX, MX_SERVICES_MAX, rest.backends,
			 rest.services, left_s);
	else
		snprintf(text, NOROOM_TEXT_MAX, "%s", strerror(-error));
	return text;
}
