/* SPDX-License-Identifier: BSD-3-Clause */
#include "rates.h"

#include "refusal.h"
#include "traffic.h"

/* What a counter gained.  The data plane writes the counters: one that went back
 * has gained nothing. */
static uint32_t
gain(uint64_t before, uint64_t now)
{
	if (now <= before)
		return 0;
	return now - before < UINT32_MAX ? (uint32_t)(now - before)
					 : UINT32_MAX;
}

static struct rate_seen
look(const struct mx_region *region, uint16_t service)
{
	return (struct rate_seen){
		.opened = traffic_service(region, service).opened,
		.refused = refusals_total(region, service),
	};
}

void
rates_look(struct rates *rates, const struct mx_region *region, int64_t now_s)
{
	const int64_t started_s = region != NULL ? region->header.started_s : 0;

	if (rates->next_s != 0 && now_s < rates->next_s)
		return;
	/* A control plane that was stopped for a while has missed steps. */
	const bool in_time =
		rates->next_s != 0 && now_s < rates->next_s + RATES_STEP_S;
	const uint32_t at = (uint32_t)(rates->steps++ % RATES_KEPT);

	rates->next_s = now_s + RATES_STEP_S;
	rates->known[at] =
		in_time && region != NULL && started_s == rates->started_s;
	rates->started_s = started_s;
	for (uint16_t id = 0; id < MX_SERVICES_MAX && region != NULL; id++) {
		const struct rate_seen now = look(region, id);

		rates->kept[at][id] = (struct rate){
			.opened = gain(rates->seen[id].opened, now.opened),
			.refused = gain(rates->seen[id].refused, now.refused),
		};
		rates->seen[id] = now;
	}
}

const struct rate *
rates_of(const struct rates *rates, uint16_t service, uint32_t ago)
{
	if (ago >= RATES_KEPT || ago >= rates->steps)
		return NULL;
	const uint32_t at = (uint32_t)((rates->steps - 1 - ago) % RATES_KEPT);

	return rates->known[at] ? &rates->kept[at][service] : NULL;
}
