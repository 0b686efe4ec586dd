/* SPDX-License-Identifier: BSD-3-Clause */
#include "advance.h"

static void
count_move(struct mx_flow_count *count, uint8_t before, uint8_t after)
{
	count->established += before <= MX_SESSION_ANSWERED &&
			      after == MX_SESSION_ESTABLISHED;
	count->closed += mx_session_is_over(after);
	count->closed -= mx_session_is_over(before);
}

void
advance_step(struct worker *w, const struct view *view, struct mx_session *s,
	     enum session_event event)
{
	const struct mx_service *service = &view->plan.service[s->service];
	const uint32_t timeout_s[SESSION_TIMERS] = {
		[SESSION_TIMER_HALF_OPEN] = service->half_open_s,
		[SESSION_TIMER_IDLE] = service->idle_s,
		[SESSION_TIMER_CLOSING] = service->closing_s,
	};
	const uint8_t before =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const uint8_t after = session_next_state(before, event);

	s->deadline_s = w->now_s + timeout_s[session_timer_of(after)];
	if (after == before)
		return;
	atomic_store_explicit(&s->state, after, memory_order_relaxed);
	count_move(&w->count->backend[s->backend], before, after);
	count_move(&w->count->service[s->service], before, after);
	uint64_t *pool = &w->pool_sessions[w->pool_of[s->backend]];
	*pool += mx_session_is_over(before);
	*pool -= mx_session_is_over(after);
}
