/* SPDX-License-Identifier: BSD-3-Clause */
/* When the id of a service or backend that left the configuration becomes free:
 * see state.h. */
#include <string.h>

#include "state.h"

int64_t
state_retired_s(const struct state *state)
{
	int64_t longest_s = STATE_RETIRED_S;

	if (state->config == NULL)
		return longest_s;
	for (uint16_t s = 0; s < state->config->service_count; s++) {
		const int64_t idle_s = state->config->service[s].idle_ms / 1000;
		if (idle_s > longest_s)
			longest_s = idle_s;
	}
	return longest_s;
}

/* The time since the id was retired.  A clock that was set back must not make
 * the id stay for ever. */
static bool
is_over(int64_t *since_s, int64_t now_s, int64_t least_s)
{
	if (*since_s > now_s)
		*since_s = now_s;
	return now_s - *since_s >= least_s;
}

/* Returns true if something of the backend changed. */
static bool
release_backend(struct state *state, uint16_t id,
		const struct state_session_counts *counts, int64_t now_s,
		int64_t least_s)
{
	struct backend *b = &state->backend[id];

	if (b->retired && counts->no_ipv6 && !mx_addr_is4(&b->address.addr)) {
		memset(b, 0, sizeof(*b));
		return true;
	}
	if (!b->retired && !b->was_nat)
		return false;
	if (b->retired && !is_over(&b->retired_since_s, now_s, least_s))
		return false;
	if (counts->backend(counts->arg, id) > 0)
		return false;
	if (b->retired)
		memset(b, 0, sizeof(*b));
	else
		b->was_nat = false;
	return true;
}

bool
state_release_service(struct state *state, uint16_t id)
{
	struct service *s = &state->service[id];

	if (!s->retired || retired_names(&state->retired, id))
		return false;
	memset(s, 0, sizeof(*s));
	return true;
}

uint32_t
state_release(struct state *state, const struct state_session_counts *counts,
	      int64_t now_s)
{
	const int64_t least_s = state_retired_s(state);
	uint32_t changed = 0;

	if (counts->no_ipv6)
		changed += retired_drop_ipv6(&state->retired);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		changed += release_backend(state, id, counts, now_s, least_s);
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		struct service *s = &state->service[id];
		if (s->retired && !retired_names(&state->retired, id) &&
		    is_over(&s->retired_since_s, now_s, least_s) &&
		    counts->service(counts->arg, id) == 0) {
			memset(s, 0, sizeof(*s));
			changed++;
		}
	}
	return changed;
}
