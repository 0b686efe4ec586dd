/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_FULLNAT_H
#define MX_FORWARD_FULLNAT_H

/* Forward mode fullnat: both addresses and both ports are rewritten, so a
 * backend answers to us whatever its routes are.
 *
 *   client -> vip   becomes   local -> server     (in)
 *   server -> local becomes   vip -> client       (out)
 *
 * Threads    the worker that owns the session. */
#include <rte_mbuf.h>

#include "forward/checksum.h"
#include "packet.h"
#include "sessions.h"

/* Compute the session's checksum deltas from its addresses. */
static inline void
fullnat_prepare(struct mx_session *s)
{
	const uint32_t addresses = checksum_delta32(s->client_be, s->local_be) +
				   checksum_delta32(s->vip_be, s->server_be);
	const uint32_t ports =
		checksum_delta16(s->client_port_be, s->local_port_be) +
		checksum_delta16(s->vip_port_be, s->server_port_be);

	s->ip_delta = checksum_fold(addresses);
	s->tcp_delta = checksum_fold(addresses + ports);
}

/* A port without checksum offload may hand over a frame of the same machine
 * whose TCP checksum was never completed; then there is nothing to update. */
static inline void
fullnat_tcp_checksum(struct rte_mbuf *frame, struct headers *h, uint16_t delta)
{
	if (unlikely((frame->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) ==
		     RTE_MBUF_F_RX_L4_CKSUM_NONE)) {
		h->tcp.cksum = 0;
		h->tcp.cksum = rte_ipv4_udptcp_cksum(&h->ip, &h->tcp);
		return;
	}
	h->tcp.cksum = checksum_add(h->tcp.cksum, delta);
}

static inline void
fullnat_in(struct rte_mbuf *frame, const struct mx_session *s)
{
	struct headers *h = packet_headers(frame);

	h->ip.src_addr = s->local_be;
	h->ip.dst_addr = s->server_be;
	h->ip.time_to_live--;
	h->ip.hdr_checksum = checksum_add(
		h->ip.hdr_checksum,
		checksum_fold((uint32_t)s->ip_delta + CHECKSUM_DELTA_TTL));
	h->tcp.src_port = s->local_port_be;
	h->tcp.dst_port = s->server_port_be;
	fullnat_tcp_checksum(frame, h, s->tcp_delta);
}

static inline void
fullnat_out(struct rte_mbuf *frame, const struct mx_session *s)
{
	struct headers *h = packet_headers(frame);

	h->ip.src_addr = s->vip_be;
	h->ip.dst_addr = s->client_be;
	h->ip.time_to_live--;
	h->ip.hdr_checksum =
		checksum_add(h->ip.hdr_checksum,
			     checksum_fold((uint32_t)(uint16_t)~s->ip_delta +
					   CHECKSUM_DELTA_TTL));
	h->tcp.src_port = s->vip_port_be;
	h->tcp.dst_port = s->client_port_be;
	fullnat_tcp_checksum(frame, h, (uint16_t)~s->tcp_delta);
}

#endif /* MX_FORWARD_FULLNAT_H */
