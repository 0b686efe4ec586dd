/* SPDX-License-Identifier: BSD-3-Clause */
#include "choose.h"

#include "choice.h"

/* How many backends are gone through in one round after a change of plan. */
#define RECOUNT_STEPS 16

static struct mx_load
load_of(const struct worker *w)
{
	return (struct mx_load){
		.backend = w->count->backend,
		.pool = w->pool_sessions,
		.worker = w->id,
		.now_s = w->now_s,
	};
}

uint16_t
choose_backend(struct worker *w, const struct active_plan *active,
	       const struct mx_service *service, const struct mx_flow *flow,
	       enum mx_drop *why)
{
	const struct mx_load load = load_of(w);
	const struct mx_choice choice =
		mx_choose(&active->plan, service, flow, &load);

	w->count->diverted += choice.backend != choice.first &&
			      choice.backend != MX_BACKEND_NONE;
	*why = choice.why;
	return choice.why == MX_DROP_NONE ? choice.backend : MX_BACKEND_NONE;
}

uint16_t
choose_after(struct worker *w, const struct active_plan *active,
	     const struct mx_service *service, const struct mx_flow *flow,
	     uint16_t last)
{
	const struct mx_load load = load_of(w);

	return mx_choice_after(&active->plan, service, flow, last, &load);
}

void
choose_recount(struct worker *w, const struct active_plan *active)
{
	if (w->counted != active) {
		w->counted = active;
		w->recount = 1;
	}
	for (int i = 0; i < RECOUNT_STEPS && w->recount != 0; i++) {
		const uint16_t id = w->recount;
		const struct mx_backend *backend = &active->plan.backend[id];

		if (backend->used && backend->pool != w->pool_of[id]) {
			const uint64_t live =
				mx_flow_live(&w->count->backend[id]);
			w->pool_sessions[w->pool_of[id]] -= live;
			w->pool_sessions[backend->pool] += live;
			w->pool_of[id] = (uint8_t)backend->pool;
		}
		w->recount = id == MX_BACKENDS_MAX ? 0 : (uint16_t)(id + 1);
	}
}
