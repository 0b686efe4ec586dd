/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_TUNNEL_H
#define MX_FORWARD_TUNNEL_H

/* Forward mode tunnel: the client's packet travels untouched inside one to the
 * backend, which answers the client directly.
 *
 *   ipip   outer IP, inner IP: protocol 4 or 41 (RFC 2003, 2473, 4213)
 *   gue    outer IP, UDP, inner IP (draft-ietf-intarea-gue 5, variant 1)
 *
 * The outer source address, and GUE's source port, carry bits of the flow's
 * hash: packets of many flows spread over the queues of the receiver.
 *
 * Threads    the worker that owns the session. */
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "forward/translate.h"
#include "plan.h"

#define TUNNEL_TTL 64

/* Source ports of GUE: the dynamic ones (RFC 6335). */
#define TUNNEL_PORT_FIRST 49152u
#define TUNNEL_PORT_MASK 0x3fffu

/* What a tunnel adds to each packet. */
static inline uint32_t
tunnel_bytes(const struct mx_service *service, const struct mx_backend *backend)
{
	return (uint32_t)(mx_addr_is4(&backend->address.addr)
				  ? sizeof(struct rte_ipv4_hdr)
				  : sizeof(struct rte_ipv6_hdr)) +
	       (uint32_t)(service->tunnel == MX_TUNNEL_GUE
				  ? sizeof(struct rte_udp_hdr)
				  : 0);
}

static inline struct mx_addr
tunnel_source(const struct mx_tunnel_source *from, uint64_t hash)
{
	struct mx_addr addr = from->addr;
	uint64_t low, mask;

	memcpy(&low, &addr.byte[8], sizeof(low));
	memcpy(&mask, &from->mask.byte[8], sizeof(mask));
	low |= rte_cpu_to_be_64(hash) & ~mask;
	memcpy(&addr.byte[8], &low, sizeof(low));
	return addr;
}

static inline void
tunnel_udp(struct rte_udp_hdr *udp, const struct mx_service *service,
	   uint64_t hash, uint32_t inner_bytes)
{
	udp->src_port = rte_cpu_to_be_16(
		(uint16_t)(TUNNEL_PORT_FIRST + (hash & TUNNEL_PORT_MASK)));
	udp->dst_port = service->tunnel_port_be;
	udp->dgram_len =
		rte_cpu_to_be_16((uint16_t)(inner_bytes + sizeof(*udp)));
	udp->dgram_cksum = 0;
}

/* The sum of a packet of TCP without reading the segment, which comes to
 * nothing together with its pseudo-header, as an IPv4 header does by itself. If
 * the segment's checksum is wrong, so is this: it says no more than that one.
 */
static inline uint32_t
tunnel_inner_sum(const void *inner, bool inner_is4)
{
	if (inner_is4)
		return (uint16_t)~rte_ipv4_phdr_cksum(inner, 0);
	return rte_raw_cksum(inner, sizeof(struct rte_ipv6_hdr)) +
	       (uint32_t)(uint16_t)~rte_ipv6_phdr_cksum(inner, 0);
}

/* UDP's checksum over IPv6, which has none of its own to do without. */
static inline uint16_t
tunnel_udp_checksum6(const struct rte_mbuf *frame,
		     const struct rte_ipv6_hdr *ip,
		     const struct rte_udp_hdr *udp, bool inner_is4)
{
	const void *inner = udp + 1;
	const uint8_t proto =
		inner_is4 ? ((const struct rte_ipv4_hdr *)inner)->next_proto_id
			  : ((const struct rte_ipv6_hdr *)inner)->proto;

	if (unlikely(proto != IPPROTO_TCP ||
		     (frame->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) ==
			     RTE_MBUF_F_RX_L4_CKSUM_NONE))
		return rte_ipv6_udptcp_cksum(ip, udp);
	const uint16_t sum =
		checksum_fold((uint32_t)rte_ipv6_phdr_cksum(ip, 0) +
			      rte_raw_cksum(udp, sizeof(*udp)) +
			      tunnel_inner_sum(inner, inner_is4));
	return sum == 0xffff ? 0xffff : (uint16_t)~sum;
}

/* Wrap the packet of a frame.  inner_bytes: of the packet, which may be
 * shorter than the frame; tos: the inner one's, so that ECN survives. */
static inline void
tunnel_wrap(struct rte_mbuf *frame, const struct mx_service *service,
	    const struct mx_backend *backend, uint64_t hash,
	    uint32_t inner_bytes, uint8_t tos, bool inner_is4)
{
	const bool outer_is4 = mx_addr_is4(&backend->address.addr);
	const bool gue = service->tunnel == MX_TUNNEL_GUE;
	const uint32_t udp_bytes = gue ? sizeof(struct rte_udp_hdr) : 0;
	const struct mx_addr from = tunnel_source(
		outer_is4 ? &service->from4 : &service->from6, hash);
	const uint8_t proto = gue         ? IPPROTO_UDP
			      : inner_is4 ? IPPROTO_IPIP
					  : IPPROTO_IPV6;

	/* Padding of a short frame does not travel inside. */
	rte_pktmbuf_trim(frame, (uint16_t)(rte_pktmbuf_data_len(frame) -
					   RTE_ETHER_HDR_LEN - inner_bytes));
	rte_pktmbuf_prepend(frame, (uint16_t)tunnel_bytes(service, backend));
	if (outer_is4) {
		struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
		if (gue)
			tunnel_udp((void *)(ip + 1), service, hash,
				   inner_bytes);
		translate_fill4(ip, mx_addr_to4(&from),
				mx_addr_to4(&backend->address.addr), tos,
				TUNNEL_TTL, proto, inner_bytes + udp_bytes);
		return;
	}
	struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;
	translate_fill6(ip, &from, &backend->address.addr, tos, TUNNEL_TTL,
			proto, inner_bytes + udp_bytes);
	if (gue) {
		struct rte_udp_hdr *udp = (void *)(ip + 1);
		tunnel_udp(udp, service, hash, inner_bytes);
		udp->dgram_cksum =
			tunnel_udp_checksum6(frame, ip, udp, inner_is4);
	}
}

#endif /* MX_FORWARD_TUNNEL_H */
