/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment.h"

#include "rewrite.h"
#include "translate.h"
#include "hop.h"

#define SEGMENT_TTL 64

struct rte_tcp_hdr *
segment_make(struct rte_mbuf *frame, const struct mx_flow *flow)
{
	const uint32_t bytes = (uint32_t)sizeof(struct rte_tcp_hdr);
	const bool six = !mx_addr_is4(&flow->src);
	const uint32_t ip_bytes =
		six ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);

	rte_pktmbuf_append(frame,
			   (uint16_t)(RTE_ETHER_HDR_LEN + ip_bytes + bytes));
	if (six)
		translate_fill6(&packet_headers6(frame)->ip, &flow->src,
				&flow->dst, 0, SEGMENT_TTL, IPPROTO_TCP, bytes);
	else
		translate_fill4(&packet_headers(frame)->ip,
				mx_addr_to4(&flow->src),
				mx_addr_to4(&flow->dst), 0, SEGMENT_TTL,
				IPPROTO_TCP, bytes);
	/* Its checksum is computed in full. */
	frame->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);
	*tcp = (struct rte_tcp_hdr){
		.src_port = flow->src_port_be,
		.dst_port = flow->dst_port_be,
		.data_off = sizeof(*tcp) / 4 << 4,
	};
	return tcp;
}

void
segment_send(struct worker *w, struct rte_mbuf *frame, uint8_t port,
	     const uint8_t mac[6], bool six)
{
	rewrite_tcp_checksum(frame,
			     six ? sizeof(struct rte_ipv6_hdr)
				 : sizeof(struct rte_ipv4_hdr),
			     0);
	hop_send(w, frame, port, mac, six);
}

void
segment_cut(struct rte_mbuf *frame, const struct packet_info *info,
	    uint32_t bytes)
{
	if (info->ip_bytes == sizeof(struct rte_ipv6_hdr)) {
		packet_headers6(frame)->ip.payload_len =
			rte_cpu_to_be_16((uint16_t)bytes);
	} else {
		struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
		ip->total_length =
			rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + bytes));
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	const uint32_t keep = RTE_ETHER_HDR_LEN + info->ip_bytes + bytes;
	rte_pktmbuf_trim(frame, (uint16_t)(rte_pktmbuf_data_len(frame) - keep));
	/* The checksum is computed anew here, for dsr and tunnel, and again
	 * when the segment is rewritten. */
	frame->ol_flags &= ~RTE_MBUF_F_RX_L4_CKSUM_MASK;
	frame->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	rewrite_tcp_checksum(frame, info->ip_bytes, 0);
}
