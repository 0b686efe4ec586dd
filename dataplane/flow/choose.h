/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHOOSE_H
#define MX_CHOOSE_H

/* Which backend a new session gets.
 *
 * The pick table has a first choice for every flow.  It stands unless that
 * backend is over its bound: as many sessions as it may have at once
 * (connections-max), or more of the pool's than its share by weight allows
 * (consistent hashing with bounded loads, arXiv:1608.01350).  Then the flow
 * goes to its next candidate (candidate.h).  The share only ever moves flows;
 * the maximum refuses them when all are full.
 *
 * Each worker keeps the bounds by the sessions of its own.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Returns a backend id, or MX_BACKEND_NONE with the reason in *why. */
uint16_t choose_backend(struct worker *w, const struct view *view,
			const struct mx_service *service,
			const struct mx_flow *flow, enum mx_drop *why);

/* Move the counts of the next few backends to their pools of a new view, in
 * which backends may be of other pools.  A few at a time: no packet waits for
 * all of them. */
void choose_recount(struct worker *w, const struct view *view);

#endif /* MX_CHOOSE_H */
