/* SPDX-License-Identifier: BSD-3-Clause */
#include "meter.h"

#include <stdlib.h>

#include "alarm.h"
#include "clock.h"
#include "timer.h"
#include "traffic.h"

struct sample {
	uint64_t at_ns;
	uint64_t busy_cycles[MX_WORKERS_MAX];
};

struct meter {
	const struct publisher *publisher;
	struct timer *tick;
	struct sample before;
	struct sample now;
	struct alarms alarms;
};

static void
on_tick(void *arg)
{
	struct meter *meter = arg;
	const struct mx_region *region = publisher_region(meter->publisher);

	meter->before = meter->now;
	meter->now = (struct sample){.at_ns = 0};
	if (region == NULL)
		return;
	meter->now.at_ns = clock_ns();
	for (uint16_t w = 0; w < traffic_workers(region); w++)
		meter->now.busy_cycles[w] = __atomic_load_n(
			&region->worker[w].busy_cycles, __ATOMIC_RELAXED);
	alarms_look(&meter->alarms, region);
}

struct meter *
meter_new(struct event_base *base, const struct publisher *publisher)
{
	struct meter *meter = calloc(1, sizeof(*meter));

	if (meter == NULL)
		return NULL;
	meter->publisher = publisher;
	meter->tick = timer_new(base, on_tick, meter);
	if (meter->tick == NULL || timer_repeat(meter->tick, 1000) < 0) {
		meter_free(meter);
		return NULL;
	}
	return meter;
}

void
meter_free(struct meter *meter)
{
	timer_free(meter->tick);
	free(meter);
}

double
meter_busy_percent(const struct meter *meter, uint16_t worker)
{
	const struct mx_region *region = publisher_region(meter->publisher);
	const uint64_t before = meter->before.busy_cycles[worker];
	const uint64_t now = meter->now.busy_cycles[worker];

	/* The counters of a restarted data plane begin at zero. */
	if (region == NULL || region->header.tsc_hz == 0 ||
	    meter->before.at_ns == 0 || meter->now.at_ns == 0 || now < before)
		return -1;
	const double seconds =
		(double)(meter->now.at_ns - meter->before.at_ns) / 1e9;
	return 100.0 * (double)(now - before) /
	       ((double)region->header.tsc_hz * seconds);
}
