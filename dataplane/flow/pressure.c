/* SPDX-License-Identifier: BSD-3-Clause */
#include "pressure.h"

#include "admit.h"

/* There is little room when fewer than one slot or port in FREE_PART is free.
 * There are many half-open sessions when they are one slot in HALF_PART. */
#define FREE_PART 8
#define HALF_PART 16

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Is little room left among `count` slots or ports? */
static bool
is_scarce(uint32_t used, uint32_t count)
{
	return used > count - count / FREE_PART;
}

/* Look at a range of local addresses: how much is half-open may not exceed a
 * part of its ports. */
static bool
look_at_ports(struct worker *w, const struct active_plan *active,
	      const struct mx_snat_range *range, struct pressure *pressure)
{
	const struct port_use ports = port_use_of(w, active, range);

	if (ports.count == 0)
		return false;
	pressure->half_max = least(pressure->half_max, ports.count / HALF_PART);
	return is_scarce(ports.used, ports.count);
}

/* Would the cookies that did not come back hold as much half-open as to keep
 * cookies on? */
static bool
is_flooded(struct worker *w, const struct mx_service *service,
	   struct pressure *pressure)
{
	const uint32_t passed_s = w->now_s - pressure->window_s;

	if (passed_s < PRESSURE_WINDOW_S)
		return false;
	const bool flooded = pressure->missing * service->half_open_s >
			     (int64_t)passed_s * pressure->half_max / 2;
	pressure->missing = 0;
	pressure->window_s = w->now_s;
	return flooded;
}

/* Look at what changes slowly, once a second.  Returns whether cookies are
 * needed for it. */
static bool
look(struct worker *w, const struct active_plan *active, uint16_t id)
{
	const struct mx_service *service = &active->plan.service[id];
	struct pressure *pressure = &w->pressure[id];

	pressure->looked_s = w->now_s;
	pressure->half_max =
		least(PRESSURE_HALF_MAX, w->sessions.count / HALF_PART);
	bool needed = is_scarce(w->sessions.used, w->sessions.count);
	needed |= look_at_ports(w, active, &service->snat4, pressure);
	needed |= look_at_ports(w, active, &service->snat6, pressure);
	return is_flooded(w, service, pressure) || needed;
}

static uint64_t
half_open(const struct worker *w, uint16_t id)
{
	const struct mx_flow_count *count = &w->count->service[id];

	return count->attempts - count->lapsed - count->opened;
}

bool
pressure_has_room(const struct worker *w, uint16_t id)
{
	return half_open(w, id) < w->pressure[id].half_max / 2;
}

bool
pressure_feel(struct worker *w, const struct active_plan *active, uint16_t id)
{
	struct pressure *pressure = &w->pressure[id];
	uint32_t *until_s = &w->count->cookies_until_s[id];
	bool needed = false;

	if (unlikely(pressure->looked_s != w->now_s))
		needed = look(w, active, id);
	if (unlikely(needed || half_open(w, id) > pressure->half_max))
		*until_s = w->now_s + PRESSURE_CALM_S;
	return w->now_s < *until_s;
}
