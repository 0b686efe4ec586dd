/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METER_H
#define MX_METER_H

/* A look at the counters once a second: how busy each worker was, since the
 * data plane only adds up, and what fills up (alarm.h).
 * Threads    the event loop. */
#include <event2/event.h>

#include "publish.h"

struct meter;

/* Returns NULL if there is no memory. */
struct meter *meter_new(struct event_base *base,
			const struct publisher *publisher);
void meter_free(struct meter *meter);

/* Percent of the core's cycles spent on polls that found a frame; less than 0
 * if it is not known yet. */
double meter_busy_percent(const struct meter *meter, uint16_t worker);

#endif /* MX_METER_H */
