/* SPDX-License-Identifier: BSD-3-Clause */
#include "hold.h"

#include "choose.h"
#include "failover.h"
#include "farewell.h"
#include "join.h"
#include "limit.h"
#include "reclaim.h"

/* In each poll.  Each may send an RST and a text, or a SYN. */
#define HOLDS_A_POLL 2

bool
hold_is_due(const struct worker *w, const struct active_plan *active,
	    uint16_t service, const struct mx_addr *client)
{
	return active->plan.service[service].delay_s > 0 &&
	       !limit_trusts(w, active, (uint8_t)service, client);
}

/* The backend that a session goes on to: its own, if no better one can be
 * chosen.  MX_BACKEND_NONE: all are full. */
static uint16_t
backend_of(struct worker *w, const struct active_plan *active,
	   const struct mx_session *s)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const struct mx_flow flow = {ends.client, ends.vip, s->client_port_be,
				     s->vip_port_be};
	enum mx_drop why;

	if (service->pool == MX_POOL_NONE)
		return s->backend;
	const uint16_t id = choose_backend(w, active, service, &flow, &why);
	if (why == MX_DROP_ALL_FULL)
		return MX_BACKEND_NONE;
	return id == MX_BACKEND_NONE || mx_addr_is4(&active->plan.backend[id]
							     .address.addr) !=
						mx_addr_is4(&ends.server)
		       ? s->backend
		       : id;
}

static void
let_go_on(struct worker *w, const struct active_plan *active,
	  struct mx_session *s)
{
	const uint16_t id = backend_of(w, active, s);

	if (id == MX_BACKEND_NONE) {
		farewell_begin(w, active, s, MX_DROP_ALL_FULL, s->client_seq);
		return;
	}
	if (id != s->backend)
		failover_assign(w, active, s, id);
	atomic_store_explicit(&s->state, MX_SESSION_JOINING,
			      memory_order_relaxed);
	reclaim_move(w, s, MX_SESSION_HELD, MX_SESSION_JOINING);
	join_begin(w, active, s);
}

/* Has the oldest session of a service waited for long enough?  It began within
 * a second.  If the delay is longer now than it was then, or the process was
 * another one, its deadline tells. */
static bool
is_due(const struct worker *w, const struct active_plan *active, uint16_t id)
{
	const struct mx_service *service = &active->plan.service[id];
	const uint32_t index = w->reclaim.held[id].oldest;

	if (index == SESSION_NONE)
		return false;
	const struct mx_session *s = &w->sessions.file->session[index];
	const uint32_t left_s = s->deadline_s - w->now_s;
	return w->now_s - w->reclaim.link[index].since_s > service->delay_s ||
	       (int32_t)left_s < (int32_t)service->half_open_s;
}

bool
hold_tick(struct worker *w, const struct active_plan *active)
{
	int done = 0;

	/* Each must find room to wait for its backend. */
	while (w->holds_left > 0 && done < HOLDS_A_POLL &&
	       resend_has_room(&w->joins.wait.stage[0])) {
		const uint16_t id = (uint16_t)(w->holds_left - 1);

		if (!is_due(w, active, id)) {
			w->holds_left--;
			continue;
		}
		let_go_on(w, active,
			  session_at(&w->sessions, w->reclaim.held[id].oldest));
		done++;
	}
	return done > 0;
}
