/* SPDX-License-Identifier: BSD-3-Clause */
#include "partial.h"

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#define FRAGMENTED RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

/* The TCP header in `there` bytes behind an IP header, whose packet has
 * `bytes`. */
static struct rte_tcp_hdr *
find_tcp(void *payload, uint32_t bytes, uint32_t there)
{
	return bytes >= sizeof(struct rte_tcp_hdr) && bytes <= there ? payload
								     : NULL;
}

static bool
complete4(struct rte_ipv4_hdr *ip, uint32_t there)
{
	if (there < sizeof(*ip) || ip->version_ihl != 0x45 ||
	    ip->next_proto_id != IPPROTO_TCP ||
	    (ip->fragment_offset & FRAGMENTED) != 0)
		return false;
	const uint32_t total = rte_be_to_cpu_16(ip->total_length);
	if (total < sizeof(*ip))
		return false;
	struct rte_tcp_hdr *tcp =
		find_tcp(ip + 1, total - (uint32_t)sizeof(*ip),
			 there - (uint32_t)sizeof(*ip));
	if (tcp == NULL || tcp->cksum != rte_ipv4_phdr_cksum(ip, 0))
		return false;
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	return true;
}

static bool
complete6(struct rte_ipv6_hdr *ip, uint32_t there)
{
	if (there < sizeof(*ip) || ip->proto != IPPROTO_TCP)
		return false;
	struct rte_tcp_hdr *tcp =
		find_tcp(ip + 1, rte_be_to_cpu_16(ip->payload_len),
			 there - (uint32_t)sizeof(*ip));
	if (tcp == NULL || tcp->cksum != rte_ipv6_phdr_cksum(ip, 0))
		return false;
	tcp->cksum = 0;
	tcp->cksum = rte_ipv6_udptcp_cksum(ip, tcp);
	return true;
}

bool
partial_complete(struct rte_mbuf *frame)
{
	const uint32_t bytes = rte_pktmbuf_data_len(frame);
	struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, struct rte_ether_hdr *);

	if (bytes < sizeof(*ether))
		return false;
	const uint32_t there = bytes - (uint32_t)sizeof(*ether);
	switch (ether->ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		return complete4((void *)(ether + 1), there);
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		return complete6((void *)(ether + 1), there);
	default:
		return false;
	}
}
