/* SPDX-License-Identifier: BSD-3-Clause */
#include "wayback.h"

#include <string.h>

#include "session.h"

/* How many sessions are looked at in each poll.  They are side by side in
 * memory. */
#define SWEEP_STEPS 16

static bool
is_fresh(const struct mx_way *way, uint32_t now_s)
{
	return way->moved_s != 0 && now_s - way->moved_s < WAY_FRESH_S;
}

/* Did a plan have that move already? */
static bool
has_move(const struct active_plan *active, const struct mx_way *way)
{
	for (uint16_t i = 0; i < active->plan.ways; i++)
		if (memcmp(&active->plan.way[i], way, sizeof(*way)) == 0)
			return true;
	return false;
}

void
way_prepare(struct active_plan *active, const struct active_plan *before,
	    uint32_t now_s)
{
	bool news = false;

	active->ways_fresh = 0;
	for (uint16_t i = 0; i < active->plan.ways; i++) {
		const struct mx_way *way = &active->plan.way[i];

		if (!is_fresh(way, now_s))
			continue;
		active->ways_fresh |= 1ull << i;
		news = news || !has_move(before, way);
	}
	active->ways_round = before->ways_round + news;
}
static_assert(MX_WAYS_MAX <= 64, "a bit each");

void
way_begin(struct worker *w, const struct active_plan *active)
{
	if (w->ways_round == active->ways_round)
		return;
	w->ways_round = active->ways_round;
	w->ways_left = w->sessions.count;
}

static bool
is_by(const struct worker *w, const struct mx_session *s,
      const struct mx_way *way)
{
	if (s->client_port != way->port ||
	    memcmp(s->client_mac, way->before, sizeof(s->client_mac)) != 0)
		return false;
	if (way->gateway)
		return true;
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	return mx_addr_equal(&ends.client, &way->hop);
}

static void
move(struct worker *w, const struct active_plan *active, struct mx_session *s)
{
	for (uint64_t left = active->ways_fresh; left != 0; left &= left - 1) {
		const struct mx_way *way =
			&active->plan.way[__builtin_ctzll(left)];

		if (!is_by(w, s, way))
			continue;
		memcpy(s->client_mac, way->mac, sizeof(s->client_mac));
		s->client_port = way->to_port;
		w->count->moved++;
		return;
	}
}

void
way_sweep(struct worker *w, const struct active_plan *active)
{
	for (int i = 0; i < SWEEP_STEPS && w->ways_left > 0; i++) {
		struct mx_session *s =
			&w->sessions.file->session[--w->ways_left];
		const uint8_t state =
			atomic_load_explicit(&s->state, memory_order_relaxed);

		if (state != MX_SESSION_FREE && !mx_session_is_over(state))
			move(w, active, s);
	}
}
