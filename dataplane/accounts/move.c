/* SPDX-License-Identifier: BSD-3-Clause */
#include "move.h"

#include "account.h"
#include "limit.h"
#include "reclaim.h"
#include "tcpstate.h"

static uint32_t
timeout_s(const struct active_plan *active, const struct mx_session *s,
	  uint8_t state)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const uint32_t timeouts_s[SESSION_TIMERS] = {
		[SESSION_TIMER_HALF_OPEN] = service->half_open_s,
		[SESSION_TIMER_GREETING] = service->greeting_s,
		[SESSION_TIMER_IDLE] = service->idle_s,
		[SESSION_TIMER_CLOSING] = service->closing_s,
	};

	return timeouts_s[session_timer_of(state, session_is_direct(s))];
}

void
move_stay(const struct worker *w, const struct active_plan *active,
	  struct mx_session *s)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	if (session_is_renewed(state, session_is_direct(s)))
		s->deadline_s = w->now_s + timeout_s(active, s, state);
}

void
move_to(struct worker *w, const struct active_plan *active,
	struct mx_session *s, uint8_t after)
{
	const uint8_t before =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const bool direct = session_is_direct(s);

	if (session_timer_of(after, direct) != SESSION_TIMER_HALF_OPEN)
		s->deadline_s = w->now_s + timeout_s(active, s, after);
	atomic_store_explicit(&s->state, after, memory_order_relaxed);
	account_move(w, s, before, after);
	reclaim_move(w, s, before, after);
	limit_move(w, active, s, after);
}
