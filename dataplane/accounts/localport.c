/* SPDX-License-Identifier: BSD-3-Clause */
#include "localport.h"

#include <rte_byteorder.h>

#include "sweep.h"

/* The slot of the address that the session's backend sees, or -1 if the service
 * has none for it.  The plan comes from another process. */
static int
slot_of(const struct active_plan *active, const struct mx_session *s)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const struct mx_snat_range *range =
		mx_service_range(service, (s->kind & MX_SESSION_SERVER6) == 0);
	const uint16_t at = active->plan.snat_at[s->service][s->backend];

	if (!service->snat_stays || range->count == 0)
		return -1;
	return active->snat_slot[range->first + (at < range->count ? at : 0)];
}

static void
count_spill(struct portmap *map)
{
	/* One writer: a plain add, made visible to readers. */
	const uint32_t spilled =
		atomic_load_explicit(&map->spilled, memory_order_relaxed);

	atomic_store_explicit(&map->spilled, spilled + 1, memory_order_relaxed);
}

/* Take a port of the slot's address for a session: one that brings its replies
 * to this worker, or else any.  Returns it, or 0, which is counted. */
static uint16_t
take(struct worker *w, const struct active_plan *active,
     const struct mx_session *s, uint32_t ref, int slot)
{
	struct portmap *map = &w->map[slot];
	const struct mx_endpoint *server =
		&active->plan.backend[s->backend].address;

	portmap_begin(map);
	uint16_t port =
		portmap_take_of(map, ref,
				rss_owner_here(&w->rss_owner, &server->addr,
					       server->port_be, &map->address));

	if (port == 0 && rss_owner_is_predicted(&w->rss_owner))
		port = portmap_take(map, ref);
	if (port == 0)
		count_spill(map);
	return port;
}

bool
localport_take(struct worker *w, const struct active_plan *active,
	       struct mx_session *fill)
{
	const int slot = slot_of(active, fill);
	const uint32_t ref = session_ref(w->sessions.free_head, fill->kind);

	if (slot < 0)
		return false;
	const uint16_t port = take(w, active, fill, ref, slot);
	if (port == 0)
		return false;
	fill->local_port_be = rte_cpu_to_be_16(port);
	fill->snat_slot = (uint8_t)slot;
	return true;
}

void
localport_follow(struct worker *w, const struct active_plan *active,
		 struct mx_session *s)
{
	const int slot = slot_of(active, s);
	const uint32_t ref =
		session_ref(session_index(&w->sessions, s), s->kind);

	if ((s->kind & MX_SESSION_MODE) != MX_FORWARD_FULLNAT || slot < 0 ||
	    slot == s->snat_slot)
		return;
	const uint16_t port = take(w, active, s, ref, slot);
	if (port == 0)
		return;
	const struct mx_endpoint local = {w->map[slot].address,
					  rte_cpu_to_be_16(port)};
	worker_port_give(w, s);
	s->snat_slot = (uint8_t)slot;
	session_set_local(&w->sessions, s, &local);
}
