/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_READTCP_H
#define MX_READTCP_H

/* Pass 1, what both families share: TCP headers, and whose a segment is.
 *
 * Threads    the worker's own. */
#include <string.h>

#include "owned.h"
#include "packet.h"
#include "worker.h"

static inline enum verdict
read_drop(struct packet_info *info, enum mx_drop why)
{
	info->why = (uint8_t)why;
	return VERDICT_DROP;
}

/* A segment whose session `owner` has, by info->hash. */
static inline enum verdict
read_owned(const struct worker *w, uint16_t owner, struct packet_info *info)
{
	info->owner = (uint8_t)owner;
	if (info->owner != w->id)
		return VERDICT_HANDOFF;
	session_prefetch(&w->sessions, info->hash);
	return VERDICT_FORWARD;
}

/* A segment of a nat backend to its client. */
static inline enum verdict
read_back(const struct worker *w, struct packet_info *info)
{
	info->direction = DIRECTION_BACK;
	return read_owned(w, worker_of_hash(w, info->hash), info);
}

/* A segment from a client to a VIP's address.  flow: its addresses and ports,
 * as they lie in the frame.  Its owner is that of mx_client_owner(). */
static inline enum verdict
read_inbound(const struct worker *w, const struct active_plan *active,
	     const struct mx_owned *address, uint16_t port_be, const void *flow,
	     struct packet_info *info)
{
	info->direction = DIRECTION_IN;
	info->index = mx_owned_service(&active->plan.owned, address, port_be);
	if (unlikely(info->index == MX_SERVICE_NONE))
		return read_drop(info, MX_DROP_NO_SERVICE);
	if (w->workers == 1)
		return read_owned(w, w->id, info);
	if (worker_is_nat(active, info->index))
		return read_owned(w, worker_of_hash(w, info->hash), info);
	return read_owned(w,
			  info->ip_bytes == sizeof(struct rte_ipv4_hdr)
				  ? mx_flow_owner4(&w->rss_owner.owners, flow)
				  : mx_flow_owner6(&w->rss_owner.owners, flow),
			  info);
}

/* A segment from a backend to the local address in row `snat`. */
static inline enum verdict
read_reply(const struct worker *w, const struct active_plan *active,
	   uint16_t snat, uint16_t port_be, struct packet_info *info)
{
	const uint16_t port = rte_be_to_cpu_16(port_be);

	if (unlikely(port < MX_LOCAL_PORT_FIRST))
		return read_drop(info, MX_DROP_NO_SESSION);
	info->direction = DIRECTION_OUT;
	info->owner = (uint8_t)portmap_owner(port, w->workers);
	if (info->owner != w->id) {
		w->count->strayed += rss_owner_is_predicted(&w->rss_owner);
		return VERDICT_HANDOFF;
	}
	info->index = active->snat_slot[snat];
	info->local_port = port;
	portmap_prefetch(&w->map[info->index], port);
	return VERDICT_FORWARD;
}

/* Flags that no TCP sends together (RFC 9293 3.5.2, and every scanner). */
static inline bool
tcp_flags_are_odd(uint8_t flags)
{
	const uint8_t open_close = RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG;
	const uint8_t open_abort = RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG;
	const uint8_t any = RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG |
			    RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG;

	/* Nearly all segments: one comparison. */
	if (likely((flags & any) == RTE_TCP_ACK_FLAG))
		return false;
	return (flags & open_close) == open_close ||
	       (flags & open_abort) == open_abort || (flags & any) == 0;
}

/* TCP of `bytes`, header included, of which at least a bare one is there. */
static inline enum mx_drop
read_tcp(const struct rte_tcp_hdr *tcp, uint32_t bytes,
	 struct packet_info *info)
{
	const uint32_t header = packet_tcp_bytes(tcp);

	if (unlikely(header - sizeof(*tcp) > bytes - sizeof(*tcp) ||
		     tcp->src_port == 0 || tcp->dst_port == 0 ||
		     tcp_flags_are_odd(tcp->tcp_flags)))
		return MX_DROP_BAD_HEADER;
	info->tcp_flags = tcp->tcp_flags;
	info->payload_bytes = (uint16_t)(bytes - header);
	return MX_DROP_NONE;
}

#endif /* MX_READTCP_H */
