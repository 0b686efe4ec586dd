/* SPDX-License-Identifier: BSD-3-Clause */
#include "admit.h"

#include "limit.h"
#include "reclaim.h"
#include "sweep.h"
#include "turnaway.h"

/* The part of all slots, and of the local ports of a service, that is kept for
 * known clients. */
#define RESERVE 16

void
admit_prefetch(const struct worker *w, const struct active_plan *active,
	       struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct mx_deny_table *list = active->deny[info->index];
	const bool limited = active->plan.service[info->index].clients.used;

	if (list == NULL && !limited)
		return;
	const struct mx_addr client = packet_flow(frame, info).src;
	if (list != NULL)
		mx_deny_prefetch(list, &client);
	if (limited)
		limit_prefetch(w, active, (uint8_t)info->index, &client);
}

bool
admit_reclaim(struct worker *w)
{
	struct mx_session *old = reclaim_next(w);

	if (old != NULL)
		worker_session_end(w, old);
	return old != NULL;
}

struct port_use
port_use_of(const struct worker *w, const struct active_plan *active,
	    const struct mx_snat_range *range)
{
	struct port_use ports = {0};

	for (uint16_t i = 0; i < range->count; i++) {
		const struct portmap *map =
			&w->map[active->snat_slot[range->first + i]];

		ports.used +=
			atomic_load_explicit(&map->used, memory_order_relaxed);
		ports.count += map->count;
	}
	return ports;
}

/* Are no more ports of a range left than the reserve? */
static bool
has_few_ports(const struct worker *w, const struct active_plan *active,
	      const struct mx_snat_range *range)
{
	if (range->count == 0)
		return false;
	/* All addresses have the same number of ports of this worker. */
	const uint32_t count =
		range->count * w->map[active->snat_slot[range->first]].count;
	const uint32_t few = count - count / RESERVE;
	uint32_t used = 0;

	/* A session has one port at most.  So the line of each address is read
	 * only when there are so many sessions. */
	if (w->sessions.used < few)
		return false;
	for (uint16_t i = 0; i < range->count; i++)
		used += atomic_load_explicit(
			&w->map[active->snat_slot[range->first + i]].used,
			memory_order_relaxed);
	return used >= few;
}

static bool
has_few_slots(const struct worker *w)
{
	const uint32_t count = w->sessions.count;

	return w->sessions.used >= count - count / RESERVE;
}

/* A client that may not use the reserve gets the slot and the port of a session
 * that is given up.  Returns MX_DROP_NONE, or what there is too little of. */
static enum mx_drop
leave_reserve(struct worker *w, const struct active_plan *active,
	      const struct mx_service *service)
{
	const bool few_slots = has_few_slots(w);
	const bool few_ports = has_few_ports(w, active, &service->snat4) ||
			       has_few_ports(w, active, &service->snat6);

	if ((!few_slots && !few_ports) || admit_reclaim(w))
		return MX_DROP_NONE;
	return few_slots ? MX_DROP_TABLE_FULL : MX_DROP_NO_PORT;
}

bool
admit_is_known(const struct worker *w, const struct active_plan *active,
	       uint16_t service, const struct mx_addr *client)
{
	if (atomic_load_explicit(&w->limiter, memory_order_relaxed) == NULL)
		return false; /* the limits are not in force yet */
	const struct limit_view view =
		limit_view_of(w, active, (uint8_t)service, client);
	return view.reserve && view.why == MX_DROP_NONE;
}

enum mx_drop
admit_limited(struct worker *w, const struct active_plan *active,
	      uint16_t service, const struct mx_addr *client, bool first)
{
	const struct limit_view view =
		limit_view_of(w, active, (uint8_t)service, client);

	if (view.why != MX_DROP_NONE) {
		if (first)
			turnaway_note(w, active, (uint8_t)service, client,
				      view.why);
		return view.why;
	}
	if (view.reserve)
		return MX_DROP_NONE;
	return leave_reserve(w, active, &active->plan.service[service]);
}
