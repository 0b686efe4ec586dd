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

#include "translate.h"
#include "plan.h"

#define TUNNEL_TTL 64

/* Source ports of GUE: the dynamic ones (RFC 6335). */
#define TUNNEL_PORT_FIRST 49152u
#define TUNNEL_PORT_MASK 0x3fffu

/* What is inside what.  A constant wherever the fast path has it, so that each
 * shape is code of its own. */
struct tunnel_shape {
	bool inner6;
	bool outer6;
	bool gue;
};

/* What a tunnel adds to each packet. */
static inline uint32_t
tunnel_bytes(struct tunnel_shape shape)
{
	return (uint32_t)(shape.outer6 ? sizeof(struct rte_ipv6_hdr)
				       : sizeof(struct rte_ipv4_hdr)) +
	       (uint32_t)(shape.gue ? sizeof(struct rte_udp_hdr) : 0);
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

/* The sum of the words of a TCP packet, without a look at its payload: its own
 * checksum makes payload, header and pseudo-header add up to nothing.  If that
 * is wrong so is what is made of it, and the receiver drops one as it would the
 * other. */
static inline uint32_t
tunnel_sum_tcp(struct rte_mbuf *frame, bool six)
{
	const uint32_t proto = RTE_BE16(IPPROTO_TCP);

	if (six) {
		/* What is in the header and not in the pseudo-header. */
		const struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;
		return (ip->vtc_flow >> 16) + (ip->vtc_flow & 0xffff) +
		       rte_cpu_to_be_16(
			       (uint16_t)(ip->proto << 8 | ip->hop_limits)) +
		       (uint16_t)~proto;
	}
	/* The header adds up to nothing by itself. */
	const struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
	const uint16_t bytes_be = rte_cpu_to_be_16(
		(uint16_t)(rte_be_to_cpu_16(ip->total_length) - sizeof(*ip)));
	const uint32_t sum = (ip->src_addr >> 16) + (ip->src_addr & 0xffff) +
			     (ip->dst_addr >> 16) + (ip->dst_addr & 0xffff) +
			     bytes_be + proto;
	return (uint16_t)~checksum_fold(sum);
}

/* IPv6 has no header checksum, so UDP's is not optional.  inner_sum: of the
 * packet inside. */
static inline void
tunnel_sum_udp(struct rte_udp_hdr *udp, const struct mx_addr *from,
	       const struct mx_addr *to, uint32_t inner_sum)
{
	const uint32_t sum = checksum_sum_addr(from) + checksum_sum_addr(to) +
			     RTE_BE16(IPPROTO_UDP) + udp->src_port +
			     udp->dst_port + 2u * udp->dgram_len +
			     checksum_fold(inner_sum);
	const uint16_t checksum = (uint16_t)~checksum_fold(sum);

	udp->dgram_cksum = checksum == 0 ? UINT16_MAX : checksum;
}

/* Wrap the packet of a frame.  inner_bytes: of the packet, which may be
 * shorter than the frame; tos: the inner one's, so that ECN survives; is_tcp:
 * it is TCP whose checksum is complete. */
static __rte_always_inline void
tunnel_wrap(struct rte_mbuf *frame, const struct mx_service *service,
	    const struct mx_backend *backend, uint64_t hash,
	    uint32_t inner_bytes, uint8_t tos, bool is_tcp,
	    const struct tunnel_shape shape)
{
	const uint32_t udp_bytes = shape.gue ? sizeof(struct rte_udp_hdr) : 0;
	const struct mx_addr from = tunnel_source(
		shape.outer6 ? &service->from6 : &service->from4, hash);
	const uint8_t proto = shape.gue      ? IPPROTO_UDP
			      : shape.inner6 ? IPPROTO_IPV6
					     : IPPROTO_IPIP;
	const void *inner = &packet_headers(frame)->ip;
	uint32_t inner_sum = 0;

	if (shape.gue && shape.outer6)
		inner_sum = is_tcp ? tunnel_sum_tcp(frame, shape.inner6)
				   : rte_raw_cksum(inner, inner_bytes);
	/* Padding of a short frame does not travel inside.  A frame is one
	 * segment, and DPDK's 128 bytes of headroom hold every shape. */
	const uint16_t ahead = (uint16_t)tunnel_bytes(shape);
	frame->data_off = (uint16_t)(frame->data_off - ahead);
	frame->data_len = (uint16_t)(RTE_ETHER_HDR_LEN + ahead + inner_bytes);
	frame->pkt_len = frame->data_len;
	if (!shape.outer6) {
		struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
		if (shape.gue)
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
	if (shape.gue) {
		struct rte_udp_hdr *udp = (void *)(ip + 1);
		tunnel_udp(udp, service, hash, inner_bytes);
		tunnel_sum_udp(udp, &from, &backend->address.addr, inner_sum);
	}
}

#endif /* MX_FORWARD_TUNNEL_H */
