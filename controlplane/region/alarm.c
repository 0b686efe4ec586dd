/* SPDX-License-Identifier: BSD-3-Clause */
#include "alarm.h"

#include <stdio.h>

#include "endpoint.h"
#include "eventlog.h"
#include "traffic.h"

enum alarm_news
alarm_step(struct alarm *alarm, uint32_t percent, int64_t now_s)
{
	if (percent >= ALARM_LOW_PERCENT)
		alarm->full_s = now_s;
	if (!alarm->high && percent > ALARM_HIGH_PERCENT) {
		alarm->high = true;
		return ALARM_FILLS;
	}
	if (alarm->high && now_s - alarm->full_s >= ALARM_CALM_S) {
		alarm->high = false;
		return ALARM_EASES;
	}
	return ALARM_NO_NEWS;
}

/* Use of the fullest worker counts: a session needs a port of its own
 * worker. */
static void
look_at_snat(struct alarms *alarms, const struct mx_region *region, int slot,
	     int64_t now_s)
{
	static const struct mx_addr none;
	const struct mx_region_snat *row = &region->snat[slot];
	const struct mx_addr address = row->address;
	const uint32_t percent = atomic_load_explicit(&row->fullest_percent,
						      memory_order_relaxed);
	char text[MX_ENDPOINT_TEXT_MAX], subject[MX_ENDPOINT_TEXT_MAX + 8];

	if (!mx_addr_equal(&address, &alarms->address[slot])) {
		alarms->address[slot] = address;
		alarms->snat[slot] = (struct alarm){.high = false};
	}
	if (mx_addr_equal(&address, &none))
		return;
	snprintf(subject, sizeof(subject), "snat %s",
		 mx_addr_format(&address, text));
	switch (alarm_step(&alarms->snat[slot], percent, now_s)) {
	case ALARM_FILLS:
		eventlog_tell(LOG_LEVEL_WARN, EVENT_TRAFFIC, subject,
			      "has %u %% of its ports in use; at 100 %% new "
			      "sessions need another address of their service, "
			      "or are refused: add snat addresses",
			      percent);
		break;
	case ALARM_EASES:
		eventlog_tell(LOG_LEVEL_INFO, EVENT_TRAFFIC, subject,
			      "has %u %% of its ports in use", percent);
		break;
	case ALARM_NO_NEWS:
		break;
	}
}

static void
look_at_slots(struct alarms *alarms, const struct mx_region *region,
	      uint16_t worker, int64_t now_s)
{
	const uint64_t used = __atomic_load_n(
		&region->worker[worker].slots_used, __ATOMIC_RELAXED);
	const uint32_t share = traffic_room(region);
	char subject[16];

	if (share == 0)
		return;
	const uint32_t percent = (uint32_t)(used * 100 / share);
	snprintf(subject, sizeof(subject), "worker %u", worker);
	switch (alarm_step(&alarms->slots[worker], percent, now_s)) {
	case ALARM_FILLS:
		eventlog_tell(LOG_LEVEL_WARN, EVENT_TRAFFIC, subject,
			      "has %u %% of its session table in use; new "
			      "sessions will be refused at 100 %%: raise "
			      "sessions-max",
			      percent);
		break;
	case ALARM_EASES:
		eventlog_tell(LOG_LEVEL_INFO, EVENT_TRAFFIC, subject,
			      "has %u %% of its session table in use", percent);
		break;
	case ALARM_NO_NEWS:
		break;
	}
}

void
alarms_look(struct alarms *alarms, const struct mx_region *region,
	    int64_t now_s)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		look_at_snat(alarms, region, slot, now_s);
	for (uint16_t w = 0; w < traffic_workers(region); w++)
		look_at_slots(alarms, region, w, now_s);
}
