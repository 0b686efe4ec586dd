/* SPDX-License-Identifier: BSD-3-Clause */
#include "open.h"

#include "forward/fullnat.h"
#include "tcpstate.h"

/* How far the table is searched for a session to give up, per SYN: two
 * microseconds at worst. */
#define RECLAIM_STEPS 128

/* Give up a session in which no mail is under way, so that a flood of SYNs
 * cannot hold all places or ports.  False if none was found. */
static bool
reclaim(struct worker *w)
{
	struct mx_session *old =
		session_dispensable(&w->sessions, RECLAIM_STEPS);

	if (old != NULL)
		worker_session_end(w, old);
	return old != NULL;
}

static bool
is_same_attempt(const struct view *view, const struct mx_session *s)
{
	const struct mx_backend *backend = &view->plan.backend[s->backend];
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	if (mx_session_is_over(state))
		return false;
	return session_timer_of(state) == SESSION_TIMER_HALF_OPEN
		       ? backend->serves
		       : backend->up;
}

/* Take a local port for the session that will be at `index`.  The search
 * starts at an address the hash chooses, so that all are used evenly. */
static bool
take_port(struct worker *w, const struct view *view,
	  const struct mx_service *service, uint64_t hash,
	  struct mx_session *fill)
{
	uint16_t at =
		(uint16_t)(((hash >> 32 & 0xffff) * service->snat_count) >> 16);

	for (uint16_t i = 0; i < service->snat_count; i++) {
		const uint16_t row = (uint16_t)(service->snat_first + at);
		const uint8_t slot = view->snat_slot[row];
		const uint16_t port =
			portmap_take(&w->map[slot], w->sessions.free_head);

		if (port != 0) {
			fill->local_be = w->map[slot].address_be;
			fill->local_port_be = rte_cpu_to_be_16(port);
			fill->snat_slot = slot;
			return true;
		}
		at = at + 1 == service->snat_count ? 0 : (uint16_t)(at + 1);
	}
	return false;
}

static enum mx_drop
choose_backend(const struct view *view, const struct mx_service *service,
	       const struct mx_flow4 *flow, struct mx_session *fill)
{
	const struct mx_plan *plan = &view->plan;
	const uint32_t hash = mx_hash_pick4(
		&plan->key, plan->pool[service->pool].hash_input, flow);
	const uint16_t id = mx_pick_find(&plan->pick[service->pool], hash);

	if (id == MX_BACKEND_NONE)
		return MX_DROP_NO_BACKEND;
	if (!plan->backend[id].resolved)
		return MX_DROP_NO_NEXTHOP;
	fill->backend = id;
	fill->server_be = mx_addr_to4(&plan->backend[id].address.addr);
	fill->server_port_be = plan->backend[id].address.port_be;
	return MX_DROP_NONE;
}

static struct mx_session *
open_new(struct worker *w, const struct view *view,
	 const struct packet_info *info, enum mx_drop *why)
{
	const struct mx_service *service = &view->plan.service[info->index];
	struct mx_session fill = {
		.client_be = info->flow.src_be,
		.vip_be = info->flow.dst_be,
		.client_port_be = info->flow.src_port_be,
		.vip_port_be = info->flow.dst_port_be,
		.service = (uint8_t)info->index,
		.opened_s = w->now_s,
		.deadline_s = w->now_s + service->half_open_s,
	};

	*why = choose_backend(view, service, &info->flow, &fill);
	if (*why != MX_DROP_NONE)
		return NULL;

	if (unlikely(w->sessions.free_head == SESSION_NONE && !reclaim(w))) {
		*why = MX_DROP_TABLE_FULL;
		return NULL;
	}
	if (unlikely(!take_port(w, view, service, info->hash, &fill) &&
		     !(reclaim(w) &&
		       take_port(w, view, service, info->hash, &fill)))) {
		*why = MX_DROP_NO_PORT;
		return NULL;
	}
	fullnat_prepare(&fill);

	struct mx_session *s =
		session_insert(&w->sessions, &fill, MX_SESSION_OPENING);
	if (unlikely(s == NULL)) {
		portmap_give(&w->map[fill.snat_slot],
			     rte_be_to_cpu_16(fill.local_port_be));
		*why = MX_DROP_TABLE_FULL;
		return NULL;
	}
	w->count->backend[s->backend].opened++;
	w->count->service[s->service].opened++;
	return s;
}

struct mx_session *
open_session(struct worker *w, const struct view *view,
	     struct mx_session *known, const struct packet_info *info,
	     enum mx_drop *why)
{
	const uint8_t handshake = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;

	if ((info->tcp_flags & handshake) != RTE_TCP_SYN_FLAG) {
		*why = MX_DROP_NO_SESSION;
		return known; /* an odd SYN-ACK of a client changes nothing */
	}
	if (known != NULL) {
		if (is_same_attempt(view, known))
			return known;
		worker_session_end(w, known);
	}
	return open_new(w, view, info, why);
}
