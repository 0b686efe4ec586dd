/* SPDX-License-Identifier: BSD-3-Clause */
#include "forecast.h"

#include <string.h>

#include "flowowner.h"
#include "sessionreader.h"
#include "traffic.h"

/* The sessions of one worker, as they were when they were read. */
struct snapshot {
	struct mx_flow_count backend[MX_BACKENDS_MAX + 1];
	uint64_t pool[MX_POOLS_MAX];
};

static void
take_snapshot(struct snapshot *snapshot, const struct mx_region *region,
	      const struct mx_plan *plan, uint16_t worker)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		if (!plan->backend[id].used)
			continue;
		snapshot->backend[id] =
			traffic_worker_backend(region, worker, id);
		snapshot->pool[plan->backend[id].pool] +=
			mx_flow_live(&snapshot->backend[id]);
	}
}

/* Returns false if the key of the sessions is needed and cannot be read. */
static bool
find_owner(const struct mx_region *region, const struct mx_service *service,
	   const struct mx_flow *flow, uint16_t *owner)
{
	const uint16_t workers = traffic_workers(region);
	struct mx_flow_owners owners;
	struct mx_hash_key key;

	*owner = 0;
	if (workers == 1)
		return true;
	if (workers == 0 || !session_reader_key(region, &key))
		return false;
	mx_flow_owners_make(&owners, &key, workers);
	*owner = mx_client_owner(&owners, &key,
				 service->forward == MX_FORWARD_NAT, flow);
	return true;
}

struct forecast
forecast_flow(const struct mx_region *region, const struct mx_plan *plan,
	      const struct mx_flow *flow, uint32_t now_s)
{
	const struct mx_owned *vip =
		mx_owned_find(&plan->owned, &flow->dst, flow->dst_port_be);
	struct forecast forecast = {.choice.why = MX_DROP_NO_SERVICE};
	struct snapshot snapshot;

	if (!mx_owned_has_service(vip))
		return forecast;
	const struct mx_service *service = &plan->service[vip->index];
	memset(&snapshot, 0, sizeof(snapshot));
	forecast.owner_known =
		region != NULL &&
		find_owner(region, service, flow, &forecast.owner);
	if (forecast.owner_known)
		take_snapshot(&snapshot, region, plan, forecast.owner);
	const struct mx_load load = {
		.backend = snapshot.backend,
		.pool = snapshot.pool,
		.worker = forecast.owner,
		.now_s = now_s,
	};
	forecast.choice = mx_choose(plan, service, flow, &load);
	if (forecast.choice.first != forecast.choice.backend) {
		forecast.first_is_full =
			mx_load_is_full(&load, plan, forecast.choice.first);
		forecast.first_is_over_share = !forecast.first_is_full;
	}
	return forecast;
}
