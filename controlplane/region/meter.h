/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METER_H
#define MX_METER_H

/* The meter reads the counters once a second.  It computes how busy each worker
 * was and how many sessions began, and warns before tables are full (alarm.h).
 * Threads    the event loop. */
#include <event2/event.h>

#include "publish.h"

struct meter;

/* Returns NULL if there is no memory. */
struct meter *meter_new(struct event_base *base,
			const struct publisher *publisher);
void meter_free(struct meter *meter);

/* The percentage of the core's cycles that went to polls which found a frame.
 * Less than 0 if it is not known yet. */
double meter_busy_percent(const struct meter *meter, uint16_t worker);

/* New sessions a second, of a service or of a backend: the mean of the last
 * METER_RATE_S seconds, or of as many as the data plane has been seen.  Less
 * than 0 if it is not known yet. */
#define METER_RATE_S 10
double meter_service_rate(const struct meter *meter, uint16_t id);
double meter_backend_rate(const struct meter *meter, uint16_t id);

#endif /* MX_METER_H */
