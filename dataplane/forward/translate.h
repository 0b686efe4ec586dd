/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_TRANSLATE_H
#define MX_FORWARD_TRANSLATE_H

/* Forward mode fullnat between families: the IP header becomes one of the
 * other family (RFC 7915 4.1, 5.1), in place of the old one.  Nothing is ever
 * a fragment here, so no identification has to be kept.
 *
 * Threads    the worker that owns the session. */
#include <rte_mbuf.h>

#include "rewrite.h"

#define TRANSLATE_BYTES                                                        \
	((uint16_t)(sizeof(struct rte_ipv6_hdr) - sizeof(struct rte_ipv4_hdr)))

/* An IPv4 header that begins here or replaces an IPv6 one. */
static inline void
translate_fill4(struct rte_ipv4_hdr *ip, uint32_t src_be, uint32_t dst_be,
		uint8_t tos, uint8_t ttl, uint8_t proto, uint32_t payload_bytes)
{
	const uint16_t total_be =
		rte_cpu_to_be_16((uint16_t)(payload_bytes + sizeof(*ip)));
	/* Computed from the values: a load of bytes that were just stored in
	 * other widths is slow. */
	const uint32_t sum =
		(uint32_t)rte_cpu_to_be_16((uint16_t)(0x4500 | tos)) +
		total_be + RTE_BE16(RTE_IPV4_HDR_DF_FLAG) +
		rte_cpu_to_be_16((uint16_t)(ttl << 8 | proto)) +
		(src_be >> 16) + (src_be & 0xffff) + (dst_be >> 16) +
		(dst_be & 0xffff);

	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.type_of_service = tos,
		.total_length = total_be,
		.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		.time_to_live = ttl,
		.next_proto_id = proto,
		.hdr_checksum = (uint16_t)~checksum_fold(sum),
		.src_addr = src_be,
		.dst_addr = dst_be,
	};
}

static inline void
translate_fill6(struct rte_ipv6_hdr *ip, const struct mx_addr *src,
		const struct mx_addr *dst, uint8_t tos, uint8_t ttl,
		uint8_t proto, uint32_t payload_bytes)
{
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)tos << 20),
		.payload_len = rte_cpu_to_be_16((uint16_t)payload_bytes),
		.proto = proto,
		.hop_limits = ttl,
	};
	memcpy(&ip->src_addr, src, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, dst, sizeof(ip->dst_addr));
}

/* Both leave the Ethernet header to egress_send(), which writes all of it. */
static inline void
translate_64(struct rte_mbuf *frame, uint32_t src_be, uint32_t dst_be)
{
	const struct rte_ipv6_hdr old = packet_headers6(frame)->ip;

	rte_pktmbuf_adj(frame, TRANSLATE_BYTES);
	translate_fill4(&packet_headers(frame)->ip, src_be, dst_be,
			(uint8_t)(rte_be_to_cpu_32(old.vtc_flow) >> 20),
			(uint8_t)(old.hop_limits - 1), old.proto,
			rte_be_to_cpu_16(old.payload_len));
}

static inline void
translate_46(struct rte_mbuf *frame, const struct mx_addr *src,
	     const struct mx_addr *dst)
{
	const struct rte_ipv4_hdr old = packet_headers(frame)->ip;

	/* The headroom is DPDK's 128 bytes, of which our ports use none. */
	rte_pktmbuf_prepend(frame, TRANSLATE_BYTES);
	translate_fill6(
		&packet_headers6(frame)->ip, src, dst, old.type_of_service,
		(uint8_t)(old.time_to_live - 1), old.next_proto_id,
		rte_be_to_cpu_16(old.total_length) - (uint32_t)sizeof(old));
}

static inline void
translate64_in(struct rte_mbuf *frame, const struct mx_session *s,
	       uint32_t delta)
{
	translate_64(frame, s->local_be, s->server_be);
	rewrite_ports_in(frame, sizeof(struct rte_ipv4_hdr), s, delta);
}

static inline void
translate64_out(struct rte_mbuf *frame, const struct mx_session *s,
		const struct mx_session_wide *wide, uint32_t delta)
{
	translate_46(frame, &wide->vip, &wide->client);
	rewrite_ports_out(frame, sizeof(struct rte_ipv6_hdr), s, delta);
}

static inline void
translate46_in(struct rte_mbuf *frame, const struct mx_session *s,
	       const struct mx_addr *local, const struct mx_addr *server,
	       uint32_t delta)
{
	translate_46(frame, local, server);
	rewrite_ports_in(frame, sizeof(struct rte_ipv6_hdr), s, delta);
}

static inline void
translate46_out(struct rte_mbuf *frame, const struct mx_session *s,
		uint32_t delta)
{
	translate_64(frame, s->vip_be, s->client_be);
	rewrite_ports_out(frame, sizeof(struct rte_ipv4_hdr), s, delta);
}

#endif /* MX_FORWARD_TRANSLATE_H */
