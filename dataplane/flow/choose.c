/* SPDX-License-Identifier: BSD-3-Clause */
#include "choose.h"

#include "candidate.h"

/* The number of sessions that a backend may have whatever its share is.  So few
 * are no load, and a client is better served by the backend that knows it. */
#define SHARE_SLACK 8

/* How many backends are gone through in one round after a change of plan. */
#define RECOUNT_STEPS 16

/* Sessions that load a backend; see account.h. */
static uint64_t
live(const struct worker *w, uint16_t id)
{
	const struct mx_flow_count *count = &w->count->backend[id];

	return count->opened - count->closed - count->doubted;
}

static bool
is_full(const struct worker *w, const struct mx_backend *backend, uint16_t id)
{
	/* With fewer sessions than workers, only the first workers have any. */
	if (backend->sessions_max == 0 && backend->sessions_extra == 0)
		return false;
	return live(w, id) >= (uint64_t)backend->sessions_max +
				      (w->id < backend->sessions_extra);
}

static bool
is_over_share(const struct worker *w, const struct mx_backend *backend,
	      uint16_t id)
{
	if (backend->share_max == 0)
		return false;
	const uint64_t bound =
		w->pool_sessions[backend->pool] * backend->share_max >> 16;
	return live(w, id) > bound + SHARE_SLACK;
}

/* The first candidate within all bounds, else the first that is not full. */
static uint16_t
next_candidate(const struct worker *w, const struct mx_plan *plan,
	       const struct mx_pick *pick, uint32_t hash, uint16_t first)
{
	uint16_t fallback = is_full(w, &plan->backend[first], first)
				    ? MX_BACKEND_NONE
				    : first;

	for (uint32_t i = 1; i < MX_CANDIDATES; i++) {
		const uint16_t id = mx_pick_find(
			pick, mx_candidate_rehash(plan, hash, i, w->now_s));
		const struct mx_backend *backend = &plan->backend[id];

		if (is_full(w, backend, id))
			continue;
		if (!is_over_share(w, backend, id))
			return id;
		if (fallback == MX_BACKEND_NONE)
			fallback = id;
	}
	return fallback;
}

/* Did the VIP of a flow leave the configuration?  It stays ours for the
 * sessions that it has. */
static bool
is_resting(const struct mx_plan *plan, const struct mx_flow *flow)
{
	return mx_vip_find(&plan->vips, &flow->dst, flow->dst_port_be)->kind ==
	       MX_OWNED_RESTING;
}

uint16_t
choose_backend(struct worker *w, const struct view *view,
	       const struct mx_service *service, const struct mx_flow *flow,
	       enum mx_drop *why)
{
	const struct mx_plan *plan = &view->plan;
	uint32_t hash;

	if (unlikely(plan->resting) && is_resting(plan, flow)) {
		*why = MX_DROP_RESTING;
		return MX_BACKEND_NONE;
	}
	uint16_t id = mx_candidate_first(plan, service, flow, &hash);
	if (likely(id != MX_BACKEND_NONE) &&
	    unlikely(is_full(w, &plan->backend[id], id) ||
		     is_over_share(w, &plan->backend[id], id))) {
		const uint16_t first = id;
		id = next_candidate(w, plan, &plan->pick[service->pool], hash,
				    first);
		if (id == MX_BACKEND_NONE) {
			*why = MX_DROP_ALL_FULL;
			return id;
		}
		w->count->diverted += id != first;
	}
	*why = mx_candidate_obstacle(plan, id);
	return *why == MX_DROP_NONE ? id : MX_BACKEND_NONE;
}

void
choose_recount(struct worker *w, const struct view *view)
{
	if (w->counted != view) {
		w->counted = view;
		w->recount = 1;
	}
	for (int i = 0; i < RECOUNT_STEPS && w->recount != 0; i++) {
		const uint16_t id = w->recount;
		const struct mx_backend *backend = &view->plan.backend[id];

		if (backend->used && backend->pool != w->pool_of[id]) {
			w->pool_sessions[w->pool_of[id]] -= live(w, id);
			w->pool_sessions[backend->pool] += live(w, id);
			w->pool_of[id] = (uint8_t)backend->pool;
		}
		w->recount = id == MX_BACKENDS_MAX ? 0 : (uint16_t)(id + 1);
	}
}
