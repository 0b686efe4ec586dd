/* SPDX-License-Identifier: BSD-3-Clause */
#include "choose.h"

/* The number of candidates of a flow.  The first ones are the same every time.
 * A client that finds all of them full gets others when it tries again a second
 * later. */
#define CANDIDATES 64
#define CANDIDATES_STEADY 8

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

/* The hash of a flow's candidate number i > 0. */
static uint32_t
rehash(const struct worker *w, const struct mx_plan *plan, uint32_t hash,
       uint32_t i)
{
	const uint32_t salt = i < CANDIDATES_STEADY ? 0 : w->now_s;

	return (uint32_t)mx_hash_words(&plan->key, hash,
				       (uint64_t)salt << 32 | i);
}

/* The first candidate within all bounds, else the first that is not full. */
static uint16_t
next_candidate(const struct worker *w, const struct mx_plan *plan,
	       const struct mx_pick *pick, uint32_t hash, uint16_t first)
{
	uint16_t fallback = is_full(w, &plan->backend[first], first)
				    ? MX_BACKEND_NONE
				    : first;

	for (uint32_t i = 1; i < CANDIDATES; i++) {
		const uint16_t id =
			mx_pick_find(pick, rehash(w, plan, hash, i));
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

/* The table's choice for a flow, and the hash that led there. */
static uint16_t
first_choice(const struct mx_plan *plan, const struct mx_service *service,
	     const struct mx_flow *flow, uint32_t *hash)
{
	if (unlikely(service->pool == MX_POOL_NONE))
		return MX_BACKEND_NONE;
	*hash = mx_hash_pick(&plan->key, plan->pool[service->pool].hash_input,
			     flow);
	return mx_pick_find(&plan->pick[service->pool], *hash);
}

/* The reason that forbids the chosen backend, or MX_DROP_NONE. */
static enum mx_drop
obstacle(const struct mx_plan *plan, uint16_t id)
{
	if (id == MX_BACKEND_NONE)
		return MX_DROP_NO_BACKEND;
	return plan->backend[id].resolved ? MX_DROP_NONE : MX_DROP_NO_NEXTHOP;
}

uint16_t
choose_known(const struct view *view, const struct mx_service *service,
	     const struct mx_flow *flow, enum mx_drop *why)
{
	uint32_t hash;
	const uint16_t id = first_choice(&view->plan, service, flow, &hash);

	*why = obstacle(&view->plan, id);
	return *why == MX_DROP_NONE ? id : MX_BACKEND_NONE;
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
	uint16_t id = first_choice(plan, service, flow, &hash);
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
	*why = obstacle(plan, id);
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
