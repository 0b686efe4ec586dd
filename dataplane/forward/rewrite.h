/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_REWRITE_H
#define MX_FORWARD_REWRITE_H

/* Forward modes fullnat and nat: addresses and ports are rewritten, and
 * replies come back through us.
 *
 *   client -> vip   becomes   local -> server     (in)
 *   server -> local becomes   vip -> client       (out)
 *
 * In nat, local is the client's own end, and the same code rewrites one side
 * with what it was.  Where the families of the two sides differ, see
 * translate.h.
 *
 * delta      what else has changed that the TCP checksum covers: sequence
 *            numbers behind a PROXY header (proxy.h).
 * Threads    the worker that owns the session. */
#include <rte_mbuf.h>

#include "checksum.h"
#include "packet.h"
#include "sessions.h"

/* Compute the session's checksum deltas from its addresses; wide: of a session
 * with an IPv6 end, else NULL.  Both families' pseudo-headers sum length and
 * protocol alike, so the delta of TCP's is that of addresses and ports. */
static inline void
rewrite_prepare(struct mx_session *s, const struct mx_session_wide *wide)
{
	const uint32_t ports =
		checksum_delta16(s->client_port_be, s->local_port_be) +
		checksum_delta16(s->vip_port_be, s->server_port_be);
	uint32_t addresses;

	if (wide == NULL)
		addresses = checksum_delta32(s->client_be, s->local_be) +
			    checksum_delta32(s->vip_be, s->server_be);
	else
		addresses = checksum_delta_addr(&wide->client, &wide->local) +
			    checksum_delta_addr(&wide->vip, &wide->server);
	s->ip_delta = checksum_fold(addresses);
	s->tcp_delta = checksum_fold(checksum_fold(addresses) + ports);
}

static inline uint32_t
rewrite_low4(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? mx_addr_to4(addr) : 0;
}

/* Set all fields of a new session that follow from its ends; its ports and its
 * kind are set. */
static inline void
rewrite_fill(struct mx_session *s, const struct mx_session_wide *ends)
{
	const bool wide = s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);

	s->client_be = rewrite_low4(&ends->client);
	s->vip_be = rewrite_low4(&ends->vip);
	s->local_be = rewrite_low4(&ends->local);
	s->server_be = rewrite_low4(&ends->server);
	rewrite_prepare(s, wide ? ends : NULL);
}

/* A port without checksum offload may hand over a frame of the same machine
 * whose TCP checksum was never completed; then there is nothing to update. */
static __rte_always_inline void
rewrite_tcp_checksum(struct rte_mbuf *frame, uint32_t ip_bytes, uint32_t delta)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);

	if (unlikely((frame->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) ==
		     RTE_MBUF_F_RX_L4_CKSUM_NONE)) {
		tcp->cksum = 0;
		tcp->cksum =
			ip_bytes == sizeof(struct rte_ipv4_hdr)
				? rte_ipv4_udptcp_cksum(
					  &packet_headers(frame)->ip, tcp)
				: rte_ipv6_udptcp_cksum(
					  &packet_headers6(frame)->ip, tcp);
		return;
	}
	tcp->cksum = checksum_add(tcp->cksum, checksum_fold(delta));
}

static inline void
rewrite4(struct rte_mbuf *frame, uint32_t src_be, uint32_t dst_be,
	 uint16_t ip_delta)
{
	struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;

	ip->src_addr = src_be;
	ip->dst_addr = dst_be;
	ip->time_to_live--;
	ip->hdr_checksum = checksum_add(
		ip->hdr_checksum,
		checksum_fold((uint32_t)ip_delta + CHECKSUM_DELTA_TTL));
}

static inline void
rewrite6(struct rte_mbuf *frame, const struct mx_addr *src,
	 const struct mx_addr *dst)
{
	struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;

	memcpy(&ip->src_addr, src, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, dst, sizeof(ip->dst_addr));
	ip->hop_limits--;
}

static inline void
rewrite_ports_in(struct rte_mbuf *frame, uint32_t ip_bytes,
		 const struct mx_session *s, uint32_t delta)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);

	tcp->src_port = s->local_port_be;
	tcp->dst_port = s->server_port_be;
	rewrite_tcp_checksum(frame, ip_bytes, delta + s->tcp_delta);
}

static inline void
rewrite_ports_out(struct rte_mbuf *frame, uint32_t ip_bytes,
		  const struct mx_session *s, uint32_t delta)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);

	tcp->src_port = s->vip_port_be;
	tcp->dst_port = s->client_port_be;
	rewrite_tcp_checksum(frame, ip_bytes, delta + (uint16_t)~s->tcp_delta);
}

static inline void
rewrite44_in(struct rte_mbuf *frame, const struct mx_session *s, uint32_t delta)
{
	rewrite4(frame, s->local_be, s->server_be, s->ip_delta);
	rewrite_ports_in(frame, sizeof(struct rte_ipv4_hdr), s, delta);
}

static inline void
rewrite44_out(struct rte_mbuf *frame, const struct mx_session *s,
	      uint32_t delta)
{
	rewrite4(frame, s->vip_be, s->client_be, (uint16_t)~s->ip_delta);
	rewrite_ports_out(frame, sizeof(struct rte_ipv4_hdr), s, delta);
}

static inline void
rewrite66_in(struct rte_mbuf *frame, const struct mx_session *s,
	     const struct mx_addr *local, const struct mx_addr *server,
	     uint32_t delta)
{
	rewrite6(frame, local, server);
	rewrite_ports_in(frame, sizeof(struct rte_ipv6_hdr), s, delta);
}

static inline void
rewrite66_out(struct rte_mbuf *frame, const struct mx_session *s,
	      const struct mx_session_wide *wide, uint32_t delta)
{
	rewrite6(frame, &wide->vip, &wide->client);
	rewrite_ports_out(frame, sizeof(struct rte_ipv6_hdr), s, delta);
}

#endif /* MX_FORWARD_REWRITE_H */
