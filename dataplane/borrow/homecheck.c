/* SPDX-License-Identifier: BSD-3-Clause */
#include "homecheck.h"

#include "homing.h"
#include "shadows.h"
#include "sweep.h"

/* A session that has spoken within this time goes on. */
#define HEARD_S 30

/* Can the home of a session have ended it?  It has been silent here, as its timer
 * shows. */
static bool
is_silent(const struct worker *w, const struct active_plan *active,
	  const struct mx_session *s)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const uint32_t idle_s = active->plan.service[s->service].idle_s;

	return state != MX_SESSION_FREE &&
	       (s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT &&
	       (int32_t)(s->deadline_s + HEARD_S - w->now_s - idle_s) <= 0;
}

/* May the home have the session, with the same local end? */
static bool
may_have(const struct worker *w, const struct mx_shadow_map *map,
	 const struct mx_session *s, const struct mx_session_wide *ends)
{
	const struct mx_flow flow = {ends->client, ends->vip, s->client_port_be,
				     s->vip_port_be};

	return mx_shadow_may_have(map, &w->sessions.file->key, &flow,
				  &ends->local, s->local_port_be);
}

/* Its state is read before and after: what it has, it has for the time between. */
static bool
is_ended(const struct worker *w, const struct active_plan *active,
	 const struct shadows *shadows, const struct mx_session *s)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const uint8_t home = shadows_home(&active->plan, &ends.local);
	const struct mx_shadow_map *map =
		home == 0 ? NULL : shadows_of(shadows, home);

	return shadows_is_synced(shadows, map) && !may_have(w, map, s, &ends) &&
	       shadows_is_synced(shadows, map);
}

void
homecheck_sweep(struct worker *w, const struct active_plan *active,
		uint32_t from)
{
	const struct shadows *shadows =
		atomic_load_explicit(&w->shadows, memory_order_acquire);

	if (likely(shadows == NULL))
		return;
	if (unlikely(w->homing.on))
		homing_step(w, active);
	for (uint32_t at = from; at != w->sessions.scan;
	     at = at + 1 == w->sessions.count ? 0 : at + 1) {
		struct mx_session *s = &w->sessions.file->session[at];

		if (!is_silent(w, active, s) ||
		    !is_ended(w, active, shadows, s))
			continue;
		worker_session_end(w, s);
		w->count->borrowed_over++;
	}
}
