/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_CANDIDATE_H
#define MX_TABLES_CANDIDATE_H

/* The backends that a plan names for a flow, in order.
 *
 * The pick table gives the first candidate for the flow's hash.  It gives
 * candidate i > 0 for a hash of that hash and i.
 *
 * Threads    pure functions: any. */
#include <stdint.h>

#include "counters.h"
#include "hash.h"
#include "pick.h"
#include "plan.h"

/* The number of candidates of a flow.  The first candidates are always the
 * same.  If all of them are full, the client gets others when it tries again a
 * second later. */
#define MX_CANDIDATES 64
#define MX_CANDIDATES_STEADY 8

/* The first candidate of a flow of a service, and the hash that led there.
 * Returns MX_BACKEND_NONE, *hash untouched, if the service has no pool. */
static inline uint16_t
mx_candidate_first(const struct mx_plan *plan, const struct mx_service *service,
		   const struct mx_flow *flow, uint32_t *hash)
{
	if (__builtin_expect(service->pool == MX_POOL_NONE, 0))
		return MX_BACKEND_NONE;
	*hash = mx_hash_pick(
		&plan->key,
		(enum mx_hash_input)plan->pool[service->pool].hash_input, flow);
	return mx_pick_find(&plan->pick[service->pool], *hash);
}

/* The hash of candidate number i > 0 of a flow, at the time now_s. */
static inline uint32_t
mx_candidate_rehash(const struct mx_plan *plan, uint32_t hash, uint32_t i,
		    uint32_t now_s)
{
	const uint32_t salt = i < MX_CANDIDATES_STEADY ? 0 : now_s;

	return (uint32_t)mx_hash_words(&plan->key, hash,
				       (uint64_t)salt << 32 | i);
}

/* The reason that forbids the chosen backend, or MX_DROP_NONE. */
static inline enum mx_drop
mx_candidate_obstacle(const struct mx_plan *plan, uint16_t id)
{
	if (id == MX_BACKEND_NONE)
		return MX_DROP_NO_BACKEND;
	return plan->backend[id].resolved ? MX_DROP_NONE : MX_DROP_NO_NEXTHOP;
}

/* The backend of a flow whose session is at another worker, or was lost: the
 * first candidate, under any load.  Returns MX_BACKEND_NONE with the reason in
 * *why if there is none. */
static inline uint16_t
mx_candidate_known(const struct mx_plan *plan, const struct mx_service *service,
		   const struct mx_flow *flow, enum mx_drop *why)
{
	uint32_t hash;
	const uint16_t id = mx_candidate_first(plan, service, flow, &hash);

	*why = mx_candidate_obstacle(plan, id);
	return *why == MX_DROP_NONE ? id : MX_BACKEND_NONE;
}

#endif /* MX_TABLES_CANDIDATE_H */
