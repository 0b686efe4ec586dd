/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment.h"

#include "rewrite.h"

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
