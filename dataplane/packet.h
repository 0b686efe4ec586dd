/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PACKET_H
#define MX_PACKET_H

/* What pass 1 learns of a frame and pass 2 acts on.
 *
 * Frames are Ethernet without a VLAN tag, then IPv4 without options or IPv6
 * without extension headers, then TCP: whatever else is addressed to us is
 * answered, dropped or left to the kernel in pass 1.  So each header has a
 * fixed place by family, and pass 2 parses nothing again. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "addr.h"
#include "counters.h"

/* Frames of one poll of one queue: the largest burst that still fits the
 * first-level cache with its headers, and what drivers vectorise for. */
#define BURST_MAX 32

enum fate {
	FATE_FORWARD, /* to pass 2 */
	FATE_ANSWER, /* ARP, ND, echo or an ICMP error for an address of ours */
	FATE_HANDOFF, /* its session lives on another worker */
	FATE_KERNEL,  /* not addressed to us */
	FATE_DROP,    /* for packet_info.why */
};

enum direction {
	DIRECTION_IN,   /* from a client to a VIP */
	DIRECTION_OUT,  /* from a backend to a local address of ours */
	DIRECTION_BACK, /* from a backend to the client's own address (nat) */
};

struct packet_info {
	struct mx_flow4 flow; /* as it stands in the frame; IPv4 only */
	uint8_t direction;    /* enum direction */
	uint8_t tcp_flags;
	uint8_t why;            /* enum mx_drop, if dropped */
	uint8_t owner;          /* worker, if handed off */
	uint8_t ip_bytes;       /* of the IP header: 20 or 40 */
	uint16_t payload_bytes; /* of TCP */
	uint16_t index;         /* IN: service id.  OUT: slot of the port map */
	uint32_t session;       /* OUT: where the port map says it is */
	uint64_t hash;          /* IN, BACK: of the client's end */
};

/* The headers of a frame that pass 1 let through. */
struct headers {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
};
static_assert(sizeof(struct headers) == 54, "as on the wire");

struct headers6 {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	struct rte_tcp_hdr tcp;
};
static_assert(sizeof(struct headers6) == 74, "as on the wire");

static inline struct headers *
packet_headers(struct rte_mbuf *frame)
{
	return rte_pktmbuf_mtod(frame, struct headers *);
}

static inline struct headers6 *
packet_headers6(struct rte_mbuf *frame)
{
	return rte_pktmbuf_mtod(frame, struct headers6 *);
}

static inline struct rte_tcp_hdr *
packet_tcp(struct rte_mbuf *frame, uint32_t ip_bytes)
{
	return rte_pktmbuf_mtod_offset(frame, struct rte_tcp_hdr *,
				       RTE_ETHER_HDR_LEN + ip_bytes);
}

/* Has the port found a checksum of the frame wrong?  One that was not asked,
 * and one that does not know, leave it open. */
static inline bool
packet_is_judged_wrong(const struct rte_mbuf *frame)
{
	const uint64_t flags = frame->ol_flags;

	if (likely(!(flags & (RTE_MBUF_F_RX_IP_CKSUM_BAD |
			      RTE_MBUF_F_RX_L4_CKSUM_BAD))))
		return false;
	return (flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) ==
		       RTE_MBUF_F_RX_IP_CKSUM_BAD ||
	       (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) ==
		       RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

/* The flow of a checked segment, of either family. */
static inline struct mx_flow
packet_flow(struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	struct mx_flow flow = {.src_port_be = tcp->src_port,
			       .dst_port_be = tcp->dst_port};

	if (info->ip_bytes == sizeof(struct rte_ipv4_hdr)) {
		flow.src = mx_addr_from4(info->flow.src_be);
		flow.dst = mx_addr_from4(info->flow.dst_be);
	} else {
		const struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;
		memcpy(&flow.src, ip->src_addr, sizeof(flow.src));
		memcpy(&flow.dst, ip->dst_addr, sizeof(flow.dst));
	}
	return flow;
}

#endif /* MX_PACKET_H */
