/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_CHOICE_H
#define MX_TABLES_CHOICE_H

/* Which backend a new session gets.
 *
 * The first candidate of the flow (candidate.h) gets it, or, if the pool says so
 * (mx_pool.least), the one of the first two different ones that has fewer
 * sessions for its weight (Mitzenmacher, The Power of Two Choices in Randomized
 * Load Balancing, 2001); unless that backend is
 * over a bound: it has as many sessions as it may have at once
 * (connections-max), or more of the pool's than its share by weight allows
 * (load-bound; consistent hashing with bounded loads, arXiv:1608.01350).  Then
 * the next candidate within all bounds gets it.  A share only ever moves flows;
 * a maximum refuses them when all backends are full.
 *
 * Each worker keeps the bounds by the sessions of its own.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "candidate.h"
#include "counters.h"
#include "martian.h"
#include "owned.h"
#include "plan.h"

/* The number of sessions that a backend may have whatever its share is.  So few
 * are no load, and a client is better served by the backend that knows it. */
#define MX_SHARE_SLACK 8

/* The sessions of the worker that chooses. */
struct mx_load {
	const struct mx_flow_count *backend; /* [MX_BACKENDS_MAX + 1] */
	const uint64_t *pool; /* [MX_POOLS_MAX]: sums, by backends' pools */
	uint16_t worker;      /* its number */
	uint32_t now_s;       /* CLOCK_MONOTONIC */
};

struct mx_choice {
	uint16_t first;   /* the first choice, or MX_BACKEND_NONE */
	uint16_t backend; /* the chosen one, or MX_BACKEND_NONE */
	enum mx_drop why; /* why it gets no session, or MX_DROP_NONE */
};

static inline bool
mx_load_is_full(const struct mx_load *load, const struct mx_plan *plan,
		uint16_t id)
{
	const struct mx_backend *backend = &plan->backend[id];

	/* With fewer sessions than workers, only the first workers have any. */
	if (backend->sessions_max == 0 && backend->sessions_extra == 0)
		return false;
	return mx_flow_live(&load->backend[id]) >=
	       (uint64_t)backend->sessions_max +
		       (load->worker < backend->sessions_extra);
}

static inline bool
mx_load_is_over_share(const struct mx_load *load, const struct mx_plan *plan,
		      uint16_t id)
{
	const struct mx_backend *backend = &plan->backend[id];

	if (backend->share_max == 0)
		return false;
	const uint64_t bound =
		load->pool[backend->pool] * backend->share_max >> 16;
	return mx_flow_live(&load->backend[id]) > bound + MX_SHARE_SLACK;
}

/* Has a backend fewer sessions for its weight than another one? */
static inline bool
mx_load_is_lighter(const struct mx_load *load, const struct mx_plan *plan,
		   uint16_t id, uint16_t other)
{
	return mx_flow_live(&load->backend[id]) * plan->backend[other].weight <
	       mx_flow_live(&load->backend[other]) * plan->backend[id].weight;
}

/* The lighter one of the first candidate and the next that is another backend.
 * hash: of the first one.  Equal ones: the first, so that a client comes to the
 * same backend while there is little load. */
static inline uint16_t
mx_choice_lighter(const struct mx_plan *plan, const struct mx_pick *pick,
		  uint32_t hash, uint16_t first, const struct mx_load *load)
{
	for (uint32_t i = 1; i < MX_CANDIDATES_STEADY; i++) {
		const uint16_t id = mx_pick_find(
			pick, mx_candidate_rehash(plan, hash, i, 0));

		if (id == first)
			continue;
		return mx_candidate_obstacle(plan, id) == MX_DROP_NONE &&
				       !mx_load_is_full(load, plan, id) &&
				       mx_load_is_lighter(load, plan, id, first)
			       ? id
			       : first;
	}
	return first;
}

/* The first candidate after `first` within all bounds, else the first one that
 * is not full, else MX_BACKEND_NONE.  hash: of the flow's first candidate. */
static inline uint16_t
mx_choice_next(const struct mx_plan *plan, const struct mx_pick *pick,
	       uint32_t hash, uint16_t first, const struct mx_load *load)
{
	uint16_t fallback =
		mx_load_is_full(load, plan, first) ? MX_BACKEND_NONE : first;

	for (uint32_t i = 1; i < MX_CANDIDATES; i++) {
		const uint16_t id = mx_pick_find(
			pick, mx_candidate_rehash(plan, hash, i, load->now_s));

		if (mx_load_is_full(load, plan, id))
			continue;
		if (!mx_load_is_over_share(load, plan, id))
			return id;
		if (fallback == MX_BACKEND_NONE)
			fallback = id;
	}
	return fallback;
}

/* Did the VIP of a flow leave the configuration?  It stays ours for the
 * sessions that it has. */
static inline bool
mx_choice_is_retired(const struct mx_plan *plan, const struct mx_flow *flow)
{
	return plan->retired &&
	       mx_owned_find(&plan->owned, &flow->dst, flow->dst_port_be)
			       ->kind == MX_OWNED_RETIRED;
}

/* The backend of a new session.  A backend whose next hop is not known is
 * named, and gets no session. */
static inline struct mx_choice
mx_choose(const struct mx_plan *plan, const struct mx_service *service,
	  const struct mx_flow *flow, const struct mx_load *load)
{
	struct mx_choice choice = {MX_BACKEND_NONE, MX_BACKEND_NONE,
				   MX_DROP_MARTIAN};
	uint32_t hash;

	if (!service->martians && martian_is(&plan->owned, flow))
		return choice;
	if (mx_choice_is_retired(plan, flow)) {
		choice.why = MX_DROP_RETIRED;
		return choice;
	}
	choice.first = mx_candidate_first(plan, service, flow, &hash);
	if (choice.first != MX_BACKEND_NONE && plan->pool[service->pool].least)
		choice.first =
			mx_choice_lighter(plan, &plan->pick[service->pool],
					  hash, choice.first, load);
	choice.backend = choice.first;
	if (choice.first != MX_BACKEND_NONE &&
	    (mx_load_is_full(load, plan, choice.first) ||
	     mx_load_is_over_share(load, plan, choice.first))) {
		choice.backend =
			mx_choice_next(plan, &plan->pick[service->pool], hash,
				       choice.first, load);
		if (choice.backend == MX_BACKEND_NONE) {
			choice.why = MX_DROP_ALL_FULL;
			return choice;
		}
	}
	choice.why = mx_candidate_obstacle(plan, choice.backend);
	return choice;
}

/* May a session go from one backend to another? */
static inline bool
mx_choice_fits(const struct mx_plan *plan, uint16_t last, uint16_t id,
	       const struct mx_load *load)
{
	return mx_candidate_obstacle(plan, id) == MX_DROP_NONE &&
	       mx_addr_is4(&plan->backend[id].address.addr) ==
		       mx_addr_is4(&plan->backend[last].address.addr) &&
	       !mx_load_is_full(load, plan, id);
}

/* The backend of a session that `last` does not answer: the candidate of its flow
 * behind `last` that is of the same family and not full.  The candidates are a
 * circle, each where it comes first: the session may have begun behind the first
 * one, which had its share.  The order is the same at all times, so a session
 * that is moved on and on comes to all of them before it comes to one again.
 * Returns MX_BACKEND_NONE if there is none but `last`. */
static inline uint16_t
mx_choice_after(const struct mx_plan *plan, const struct mx_service *service,
		const struct mx_flow *flow, uint16_t last,
		const struct mx_load *load)
{
	uint16_t before[MX_CANDIDATES];
	uint32_t count = 0;
	bool after = false;
	uint32_t hash;
	uint16_t id = mx_candidate_first(plan, service, flow, &hash);

	if (id == MX_BACKEND_NONE)
		return MX_BACKEND_NONE;
	for (uint32_t i = 1; i <= MX_CANDIDATES; i++) {
		bool known = id == last;

		for (uint32_t n = 0; n < count && !known; n++)
			known = before[n] == id;
		after = after || id == last;
		if (!known && after && mx_choice_fits(plan, last, id, load))
			return id;
		if (!known && !after)
			before[count++] = id;
		id = mx_pick_find(&plan->pick[service->pool],
				  mx_candidate_rehash(plan, hash, i, 0));
	}
	for (uint32_t n = 0; n < count; n++)
		if (mx_choice_fits(plan, last, before[n], load))
			return before[n];
	return MX_BACKEND_NONE;
}

#endif /* MX_TABLES_CHOICE_H */
