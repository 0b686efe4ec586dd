/* SPDX-License-Identifier: BSD-3-Clause */
#include "alarm.h"

#include "endpoint.h"
#include "log.h"
#include "traffic.h"

enum alarm_news
alarm_step(bool *high, uint32_t percent)
{
	if (!*high && percent > ALARM_HIGH_PERCENT) {
		*high = true;
		return ALARM_FILLS;
	}
	if (*high && percent < ALARM_LOW_PERCENT) {
		*high = false;
		return ALARM_EASES;
	}
	return ALARM_NO_NEWS;
}

/* Use of the fullest worker counts: a session needs a port of its own
 * worker. */
static void
look_at_snat(struct alarms *alarms, const struct mx_region *region, int slot)
{
	static const struct mx_addr none;
	const struct mx_region_snat *row = &region->snat[slot];
	const struct mx_addr address = row->address;
	const uint32_t percent = atomic_load_explicit(&row->fullest_percent,
						      memory_order_relaxed);
	char text[MX_ENDPOINT_TEXT_MAX];

	if (!mx_addr_equal(&address, &alarms->snat[slot])) {
		alarms->snat[slot] = address;
		alarms->snat_high[slot] = false;
	}
	if (mx_addr_equal(&address, &none))
		return;
	switch (alarm_step(&alarms->snat_high[slot], percent)) {
	case ALARM_FILLS:
		log_line(LOG_LEVEL_WARN,
			 "snat %s: %u %% of its ports in use; new sessions "
			 "will be refused at 100 %%: add snat addresses",
			 mx_addr_format(&address, text), percent);
		break;
	case ALARM_EASES:
		log_line(LOG_LEVEL_INFO, "snat %s: %u %% of its ports in use",
			 mx_addr_format(&address, text), percent);
		break;
	case ALARM_NO_NEWS:
		break;
	}
}

static void
look_at_slots(struct alarms *alarms, const struct mx_region *region,
	      uint16_t worker)
{
	const uint64_t used = __atomic_load_n(
		&region->worker[worker].slots_used, __ATOMIC_RELAXED);
	const uint32_t share =
		region->header.sessions_max / traffic_workers(region);

	if (share == 0)
		return;
	const uint32_t percent = (uint32_t)(used * 100 / share);
	switch (alarm_step(&alarms->slots_high[worker], percent)) {
	case ALARM_FILLS:
		log_line(LOG_LEVEL_WARN,
			 "worker %u: %u %% of its session table in use; new "
			 "sessions will be refused at 100 %%: raise "
			 "sessions-max",
			 worker, percent);
		break;
	case ALARM_EASES:
		log_line(LOG_LEVEL_INFO,
			 "worker %u: %u %% of its session table in use", worker,
			 percent);
		break;
	case ALARM_NO_NEWS:
		break;
	}
}

void
alarms_look(struct alarms *alarms, const struct mx_region *region)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		look_at_snat(alarms, region, slot);
	for (uint16_t w = 0; w < traffic_workers(region); w++)
		look_at_slots(alarms, region, w);
}
