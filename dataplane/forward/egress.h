/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EGRESS_H
#define MX_EGRESS_H

/* Where a frame goes next: the row of a session's backend, and the Ethernet
 * header that leads there.
 *
 * Threads    the worker's own. */
#include <string.h>

#include "packet.h"
#include "worker.h"

static inline bool
egress_is_server(const struct session_table *table, const struct mx_session *s,
		 const struct mx_endpoint *address)
{
	if (address->port_be != s->server_port_be)
		return false;
	if (s->kind & MX_SESSION_SERVER6)
		return s->server_be ==
		       mx_hash_digest(&table->file->key, &address->addr);
	const struct mx_addr server = mx_addr_from4(s->server_be);
	return mx_addr_equal(&server, &address->addr);
}

/* The backend of a session, or NULL with the reason: it left the
 * configuration and its id was given away, or nobody knows its MAC address. */
static inline const struct mx_backend *
egress_backend(const struct worker *w, const struct active_plan *active,
	       const struct mx_session *s, enum mx_drop *why)
{
	const struct mx_backend *backend = &active->plan.backend[s->backend];

	if (unlikely(!backend->used ||
		     !egress_is_server(&w->sessions, s, &backend->address))) {
		*why = MX_DROP_BACKEND_GONE;
		return NULL;
	}
	if (unlikely(!backend->resolved)) {
		*why = MX_DROP_NO_NEXTHOP;
		return NULL;
	}
	return backend;
}

/* How large a packet may come in that grows by `growth` bytes before it leaves
 * by the port. */
static inline uint32_t
egress_room(const struct worker *w, uint8_t out_port, uint32_t growth)
{
	return w->port[out_port].mtu - growth;
}

/* Would the packet be too large for the port it leaves by?  Ports may have
 * different MTUs, and an IPv6 header is larger than the IPv4 one it replaces.
 * The sender of such a packet is told (RFC 7915 1.4); see toobig.h. */
static inline bool
egress_is_too_big(const struct worker *w, const struct rte_mbuf *frame,
		  uint8_t out_port, uint32_t growth)
{
	const uint32_t bytes =
		rte_pktmbuf_pkt_len(frame) - RTE_ETHER_HDR_LEN + growth;

	return unlikely(bytes > w->port[out_port].mtu);
}

/* Write the whole Ethernet header and queue the frame. */
static inline void
egress_send(struct worker *w, struct rte_mbuf *frame, uint8_t port,
	    const uint8_t mac[6], bool six)
{
	struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, struct rte_ether_hdr *);

	memcpy(&ether->dst_addr, mac, sizeof(ether->dst_addr));
	ether->src_addr = w->port[port].mac;
	ether->ether_type = six ? RTE_BE16(RTE_ETHER_TYPE_IPV6)
				: RTE_BE16(RTE_ETHER_TYPE_IPV4);
	worker_send(w, frame, port);
}

#endif /* MX_EGRESS_H */
