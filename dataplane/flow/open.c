/* SPDX-License-Identifier: BSD-3-Clause */
#include "open.h"

#include "account.h"
#include "admit.h"
#include "advance.h"
#include "choose.h"
#include "denied.h"
#include "doubt.h"
#include "failover.h"
#include "join.h"
#include "journal.h"
#include "limit.h"
#include "localport.h"
#include "offer.h"
#include "options.h"
#include "rewrite.h"
#include "verify.h"
#include "pressure.h"
#include "proxy.h"
#include "reclaim.h"
#include "sweep.h"
#include "tcpstate.h"
#include "turnaway.h"

/* How many sessions are given up at most for one local port. */
#define RECLAIMS 8

/* How long a SYN for a live session whose backend is down waits for the
 * backend's answer to three questions (doubt.h). */
#define DOUBT_S 3

/* A SYN for a live session whose backend is down.  The client may have given
 * the session up, or the SYN is a stranger's and the backend only slow: the
 * backend is asked.  Returns whether the session has been asked about in vain.
 */
static bool
is_given_up(struct worker *w, const struct active_plan *active,
	    struct mx_session *s, uint8_t state)
{
	if (mx_session_is_doubted(state))
		return doubt_age_s(w, active, s) >= DOUBT_S;
	advance_doubt(w, active, s);
	return false;
}

/* Does a SYN belong to the session that is known?  Then it goes to the same
 * backend.  If that backend no longer serves, a session that it has not
 * answered may go to another.  Once its SYN-ACK may be on its way to the
 * client, the client's next segment fits no other backend.  In dsr and tunnel
 * we do not see the SYN-ACK. */
static bool
is_same_attempt(struct worker *w, const struct active_plan *active,
		struct mx_session *s)
{
	const struct mx_backend *backend = &active->plan.backend[s->backend];
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	if (mx_session_is_over(state))
		return false;
	if (state == MX_SESSION_JOINING || state == MX_SESSION_HELD)
		return true; /* which drops it */
	if (state == MX_SESSION_OPENING && !session_is_direct(s))
		return backend->serves;
	if (backend->up)
		return true;
	return !session_is_direct(s) &&
	       session_class_of(state, false) != SESSION_CLASS_HALF &&
	       !is_given_up(w, active, s, state);
}

/* The session that a local port is wanted for. */
struct port_request {
	const struct mx_snat_range *range; /* addresses to choose from */
	const struct mx_addr *server;
	uint64_t hash;
	bool stays; /* the backend sees one of the addresses, if it can */
};

/* Take a local port for the session that is entered next: one that brings its
 * replies here, if `suits`.  The search starts at an address the hash
 * chooses, so that all are used evenly. */
static bool
take_port(struct worker *w, const struct active_plan *active,
	  const struct port_request *request, bool suits,
	  struct mx_session *fill)
{
	const struct mx_snat_range *range = request->range;
	uint16_t at =
		(uint16_t)(((request->hash >> 32 & 0xffff) * range->count) >>
			   16);

	for (uint16_t i = 0; i < range->count; i++) {
		const uint8_t slot = active->snat_slot[range->first + at];
		struct portmap *map = &w->map[slot];
		const uint32_t ref =
			session_ref(w->sessions.free_head, fill->kind);

		portmap_begin(map);
		const uint16_t port =
			suits ? portmap_take_of(
					map, ref,
					rss_owner_here(&w->rss_owner,
						       request->server,
						       fill->server_port_be,
						       &map->address))
			      : portmap_take(map, ref);

		if (port != 0) {
			fill->local_port_be = rte_cpu_to_be_16(port);
			fill->snat_slot = slot;
			return true;
		}
		at = at + 1 == range->count ? 0 : (uint16_t)(at + 1);
	}
	return false;
}

/* Take a port that suits, or else any port, or else the port of a session that
 * is given up for it. */
static bool
find_port(struct worker *w, const struct active_plan *active,
	  const struct port_request *request, struct mx_session *fill)
{
	if (unlikely(request->stays) && localport_take(w, active, fill))
		return true;
	if (take_port(w, active, request, true, fill) ||
	    (rss_owner_is_predicted(&w->rss_owner) &&
	     take_port(w, active, request, false, fill)))
		return true;
	/* The session that was given up may have a port of another address. */
	for (int i = 0; i < RECLAIMS && admit_reclaim(w); i++)
		if (take_port(w, active, request, false, fill))
			return true;
	return false;
}

/* The local end: of our own addresses in fullnat, else the client's. */
static bool
fill_local(struct worker *w, const struct active_plan *active,
	   const struct mx_service *service, uint64_t hash,
	   struct mx_session *fill, struct mx_session_wide *ends)
{
	if (service->forward != MX_FORWARD_FULLNAT) {
		ends->local = ends->client;
		fill->local_port_be = fill->client_port_be;
		return true;
	}
	const struct port_request request = {
		.range = fill->kind & MX_SESSION_SERVER6 ? &service->snat6
							 : &service->snat4,
		.server = &ends->server,
		.hash = hash,
		.stays = service->snat_stays,
	};
	if (unlikely(!find_port(w, active, &request, fill)))
		return false;
	ends->local = w->map[fill->snat_slot].address;
	return true;
}

/* Enter the session into the table, with all fields that follow from its ends.
 */
static struct mx_session *
enter(struct worker *w, const struct mx_service *service,
      struct mx_session *fill, const struct mx_session_wide *ends,
      uint8_t state)
{
	const bool wide =
		fill->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);

	rewrite_fill(fill, ends);
	if (service->proxy != MX_PROXY_OFF)
		proxy_arm(fill, ends, service->proxy);
	return session_insert(&w->sessions, fill, wide ? ends : NULL, state);
}

/* When a handshake is over, at the latest. */
static uint32_t
deadline_of(const struct worker *w, const struct mx_service *service,
	    uint8_t state)
{
	return w->now_s + service->half_open_s +
	       (state == MX_SESSION_HELD ? service->delay_s : 0);
}

/* May a local port be that of a session that a peer gives back? */
static inline bool
is_homing(const struct worker *w, const struct active_plan *active)
{
	return unlikely(w->now_s <
			atomic_load_explicit(&w->homing.until_s,
					     memory_order_relaxed)) &&
	       active->plan.box != 0;
}

static __rte_always_inline struct mx_session *
open_any(struct worker *w, const struct active_plan *active,
	 struct rte_mbuf *frame, const struct packet_info *info,
	 const struct open_numbers *numbers, enum mx_drop *why)
{
	const struct mx_service *service = &active->plan.service[info->index];
	const struct mx_flow flow = packet_flow(frame, info);
	/* A SYN that got a cookie for its reason has been noted. */
	const bool first = numbers->state == MX_SESSION_OPENING ||
			   pressure_is_on(w, active, info->index);
	*why = is_homing(w, active)
		       ? MX_DROP_HOMING
		       : admit_client(w, active, info->index, &flow.src, first);
	if (unlikely(*why != MX_DROP_NONE))
		return NULL;
	const uint16_t id = choose_backend(w, active, service, &flow, why);
	if (id == MX_BACKEND_NONE)
		return NULL;
	const struct mx_endpoint *server = &active->plan.backend[id].address;
	struct mx_session_wide ends = {
		.client = flow.src, .vip = flow.dst, .server = server->addr};
	struct mx_session fill = {
		.client_port_be = flow.src_port_be,
		.vip_port_be = flow.dst_port_be,
		.server_port_be = server->port_be,
		.service = (uint8_t)info->index,
		.backend = id,
		.opened_s = w->now_s,
		.deadline_s = deadline_of(w, service, numbers->state),
		.kind = service->forward |
			(mx_addr_is4(&flow.src) ? 0 : MX_SESSION_CLIENT6) |
			(mx_addr_is4(&server->addr) ? 0 : MX_SESSION_SERVER6),
		.client_port = (uint8_t)frame->port,
		.client_seq = numbers->client_seq,
		.server_seq = numbers->server_seq,
		.syn = numbers->syn,
		.flags = numbers->state == MX_SESSION_OPENING
				 ? 0
				 : MX_SESSION_JOINED,
	};

	memcpy(fill.client_mac,
	       packet_headers(frame)->ether.src_addr.addr_bytes,
	       sizeof(fill.client_mac));
	if (unlikely(w->sessions.free_head == SESSION_NONE &&
		     !admit_reclaim(w))) {
		*why = MX_DROP_TABLE_FULL;
		return NULL;
	}
	if (unlikely(!fill_local(w, active, service, info->hash, &fill,
				 &ends))) {
		*why = MX_DROP_NO_PORT;
		return NULL;
	}
	struct mx_session *s = enter(w, service, &fill, &ends, numbers->state);
	if (unlikely(s == NULL)) {
		worker_port_give(w, &fill);
		*why = MX_DROP_TABLE_FULL;
		return NULL;
	}
	account_attempt(w, s);
	journal_begin(w, s);
	reclaim_enter(w, s);
	return s;
}

/* A session that is held counts as one of its client's from now on. */
static enum mx_drop
admit_held(struct worker *w, const struct active_plan *active,
	   struct mx_session *s)
{
	const enum mx_drop why =
		limit_admit(w, active, s, MX_SESSION_OPENING, MX_SESSION_HELD);

	if (why != MX_DROP_NONE) {
		const struct mx_addr client =
			session_ends(&w->sessions, s).client;
		turnaway_note(w, active, s->service, &client, why);
		worker_session_end(w, s);
	}
	return why;
}

enum mx_drop
open_proven(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, const struct packet_info *info,
	    const struct open_numbers *numbers)
{
	enum mx_drop why;
	struct mx_session *s = open_any(w, active, frame, info, numbers, &why);
	if (s == NULL)
		return why;
	if (numbers->state == MX_SESSION_HELD)
		return admit_held(w, active, s);
	join_begin(w, active, s);
	return MX_DROP_NONE;
}

/* Does a client get its session at once, though SYNs are answered by cookies?
 * The backend repeats a SYN-ACK that is lost as often as it takes; the memory of
 * those with a cookie is bounded (greet/echo.h), and a flood fills it. */
static bool
is_preferred(const struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, const struct packet_info *info)
{
	if (!active->plan.service[info->index].clients.used ||
	    !pressure_has_room(w, info->index))
		return false;
	const struct mx_flow flow = packet_flow(frame, info);
	return admit_is_known(w, active, info->index, &flow.src);
}

/* Is a SYN answered by mxsteer itself?  Its client gets a session when it has
 * brought the cookie back.  A SYN now and then goes to a backend all the same,
 * so that mxsteer learns what to say. */
static bool
is_for_cookie(struct worker *w, const struct active_plan *active,
	      struct rte_mbuf *frame, const struct packet_info *info)
{
	const uint8_t cookies = active->plan.service[info->index].cookies;

	if (likely(cookies == MX_COOKIES_NEVER) ||
	    (cookies == MX_COOKIES_AUTO &&
	     (likely(!pressure_feel(w, active, info->index)) ||
	      is_preferred(w, active, frame, info))))
		return false;
	const struct profile *told = profiles_told(&w->profiles, &active->plan,
						   info->index, w->now_s);
	if (likely(profile_is_full(&told->says)))
		return true;
	const struct offer offered = options_read_offer(frame, info->ip_bytes);
	return !profiles_ask(&w->profiles, info->index, &offered, w->now_s);
}

/* Why the client of a SYN gets no cookie: it is denied.  MX_DROP_NONE: it gets
 * one. */
static enum mx_drop
refuse_denied(const struct active_plan *active, struct rte_mbuf *frame,
	      const struct packet_info *info)
{
	if (active->rules == NULL && active->deny[info->index] == NULL)
		return MX_DROP_NONE;
	const struct mx_flow flow = packet_flow(frame, info);
	return denied_is(active, info->index, &flow.src) ? MX_DROP_DENIED
							 : MX_DROP_NONE;
}

/* Does the session need to know what the client's SYN offers? */
static uint8_t
offer_of(const struct mx_service *service, struct rte_mbuf *frame,
	 const struct packet_info *info)
{
	if (service->fail_over == 0 && service->cookies == MX_COOKIES_NEVER)
		return 0;
	const struct offer offer = options_read_offer(frame, info->ip_bytes);
	return offer_note(&offer,
			  info->ip_bytes == sizeof(struct rte_ipv6_hdr));
}

struct mx_session *
open_session(struct worker *w, const struct active_plan *active,
	     struct mx_session *known, struct rte_mbuf *frame,
	     const struct packet_info *info, enum mx_drop *why)
{
	const uint8_t handshake = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;

	if ((info->tcp_flags & handshake) != RTE_TCP_SYN_FLAG) {
		*why = MX_DROP_NO_SESSION;
		return NULL; /* no client has a SYN to answer */
	}
	/* What denies and limits the client is read after the checksum. */
	admit_prefetch(w, active, frame, info);
	/* The backend would not take the segment, so it opens nothing. */
	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG) {
		*why = MX_DROP_BAD_CHECKSUM;
		return NULL;
	}
	if (known != NULL) {
		if (is_same_attempt(w, active, known))
			return known;
		worker_session_end(w, known);
	}
	if (is_for_cookie(w, active, frame, info)) {
		*why = refuse_denied(active, frame, info);
		return NULL;
	}
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const struct mx_service *service = &active->plan.service[info->index];
	const struct open_numbers numbers = {
		.client_seq = rte_be_to_cpu_32(tcp->sent_seq) + 1,
		.syn = offer_of(service, frame, info),
		.state = MX_SESSION_OPENING,
	};

	struct mx_session *s = open_any(w, active, frame, info, &numbers, why);
	if (s != NULL && service->fail_over & MX_FAIL_OVER_SILENT)
		failover_watch(w, s);
	return s;
}
