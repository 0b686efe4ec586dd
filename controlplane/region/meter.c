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

/* Sessions that began until a moment. */
struct opened {
	uint64_t at_ns; /* 0: none were counted */
	uint64_t service[MX_SERVICES_MAX];
	uint64_t backend[MX_BACKENDS_MAX + 1];
};

struct meter {
	const struct publisher *publisher;
	struct timer *tick;
	struct sample before;
	struct sample now;
	struct opened opened[METER_RATE_S + 1]; /* a ring */
	uint32_t last;                          /* the newest */
	struct alarms alarms;
};

static void
count_opened(struct opened *opened, const struct mx_region *region)
{
	opened->at_ns = clock_ns();
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		opened->service[id] = traffic_service(region, id).opened;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		opened->backend[id] = traffic_backend(region, id).opened;
}

/* The counters of a restarted data plane begin at zero. */
static bool
went_back(const struct opened *before, const struct opened *now)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (now->service[id] < before->service[id])
			return true;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (now->backend[id] < before->backend[id])
			return true;
	return false;
}

/* Enter the counts of now.  What was counted of another data plane is
 * forgotten. */
static void
look_at_opened(struct meter *meter, const struct mx_region *region)
{
	const struct opened *before = &meter->opened[meter->last];
	const uint32_t next = (meter->last + 1) % (METER_RATE_S + 1);
	struct opened *now = &meter->opened[next];

	*now = (struct opened){0};
	if (region != NULL)
		count_opened(now, region);
	if (region == NULL || went_back(before, now))
		for (uint32_t i = 0; i <= METER_RATE_S; i++)
			if (i != next)
				meter->opened[i].at_ns = 0;
	meter->last = next;
}

static void
on_tick(void *arg)
{
	struct meter *meter = arg;
	const struct mx_region *region = publisher_region(meter->publisher);

	meter->before = meter->now;
	meter->now = (struct sample){.at_ns = 0};
	look_at_opened(meter, region);
	if (region == NULL)
		return;
	meter->now.at_ns = clock_ns();
	for (uint16_t w = 0; w < traffic_workers(region); w++)
		meter->now.busy_cycles[w] = __atomic_load_n(
			&region->worker[w].busy_cycles, __ATOMIC_RELAXED);
	alarms_look(&meter->alarms, region, clock_s());
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

/* The oldest counts that the ring has, or NULL if there are no other ones than the
 * newest. */
static const struct opened *
oldest(const struct meter *meter)
{
	for (uint32_t i = 1; i <= METER_RATE_S; i++) {
		const struct opened *opened =
			&meter->opened[(meter->last + i) % (METER_RATE_S + 1)];

		if (opened->at_ns != 0)
			return opened;
	}
	return NULL;
}

static double
rate(const struct meter *meter, const struct opened *before, uint64_t was,
     uint64_t is)
{
	const uint64_t ns = meter->opened[meter->last].at_ns - before->at_ns;

	return (double)(is - was) * 1e9 / (double)ns;
}

double
meter_service_rate(const struct meter *meter, uint16_t id)
{
	const struct opened *before = oldest(meter);

	return before == NULL ? -1
			      : rate(meter, before, before->service[id],
				     meter->opened[meter->last].service[id]);
}

double
meter_backend_rate(const struct meter *meter, uint16_t id)
{
	const struct opened *before = oldest(meter);

	return before == NULL ? -1
			      : rate(meter, before, before->backend[id],
				     meter->opened[meter->last].backend[id]);
}
