/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PACKET_H
#define MX_PACKET_H

/* What the first pass learns of a frame and the others act on.
 *
 * Frames are Ethernet without a VLAN tag, then IPv4 without options or IPv6
 * without extension headers, then TCP: whatever else is addressed to us is
 * answered, dropped or left to the kernel in pass 1.  So each header has a
 * fixed place by family, and nothing is parsed again. */
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

enum verdict {
	VERDICT_FORWARD, /* to the next passes */
	VERDICT_ANSWER, /* ARP, ND, echo or an ICMP error for an address of ours */
	VERDICT_HANDOFF, /* its session lives on another worker */
	VERDICT_KERNEL,  /* not addressed to us */
	VERDICT_DROP,    /* for packet_info.why */
};

enum direction {
	DIRECTION_IN,   /* from a client to a VIP */
	DIRECTION_OUT,  /* from a backend to a local address of ours */
	DIRECTION_BACK, /* from a backend to the client's own address (nat) */
};

struct packet_info {
	uint8_t direction; /* enum direction */
	uint8_t tcp_flags;
	uint8_t why;            /* enum mx_drop, if dropped */
	uint8_t owner;          /* worker, if handed off */
	uint8_t ip_bytes;       /* of the IP header: 20 or 40 */
	uint16_t payload_bytes; /* of TCP */
	uint16_t index;         /* IN: service id.  OUT: slot of the port map */
	uint16_t local_port;    /* OUT */
	uint32_t session;       /* where it probably is; see session_seek() */
	uint64_t hash;          /* IN, BACK: of the client's end */
};

/* The headers of a frame that pass 1 let through. */
struct headers {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
};
static_assert(sizeof(struct headers) == 54, "as on the wire");
static_assert(offsetof(struct headers, tcp) -
			      offsetof(struct headers, ip.src_addr) ==
		      offsetof(struct mx_flow4, src_port_be),
	      "see packet_ends4()");

struct headers6 {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	struct rte_tcp_hdr tcp;
};
static_assert(sizeof(struct headers6) == 74, "as on the wire");
static_assert(offsetof(struct headers6, tcp) -
			      offsetof(struct headers6, ip.src_addr) ==
		      offsetof(struct mx_flow, src_port_be),
	      "see packet_ends6()");

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

/* The bytes of a TCP header with its options. */
static inline uint32_t
packet_tcp_bytes(const struct rte_tcp_hdr *tcp)
{
	return (uint32_t)(tcp->data_off >> 4) * 4;
}

/* rte_is_same_ether_addr() in two loads a side, not three. */
static inline bool
packet_is_same_mac(const struct rte_ether_addr *a,
		   const struct rte_ether_addr *b)
{
	uint32_t first[2];
	uint16_t rest[2];

	memcpy(&first[0], a->addr_bytes, 4);
	memcpy(&first[1], b->addr_bytes, 4);
	memcpy(&rest[0], a->addr_bytes + 4, 2);
	memcpy(&rest[1], b->addr_bytes + 4, 2);
	return ((first[0] ^ first[1]) | (uint32_t)(rest[0] ^ rest[1])) == 0;
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

/* Addresses and ports, which lie side by side as in struct mx_flow4 and struct
 * mx_flow, but need not be aligned. */
static inline const void *
packet_ends4(struct rte_mbuf *frame)
{
	return &packet_headers(frame)->ip.src_addr;
}

static inline const void *
packet_ends6(struct rte_mbuf *frame)
{
	return &packet_headers6(frame)->ip.src_addr;
}

static inline struct mx_flow4
packet_flow4(struct rte_mbuf *frame)
{
	struct mx_flow4 flow;

	memcpy(&flow, packet_ends4(frame), sizeof(flow));
	return flow;
}

/* Read the flow of a checked segment, of either family. */
static inline void
packet_read_flow(struct rte_mbuf *frame, const struct packet_info *info,
		 struct mx_flow *flow)
{
	if (info->ip_bytes == sizeof(struct rte_ipv4_hdr)) {
		const struct mx_flow4 narrow = packet_flow4(frame);

		mx_addr_set4(&flow->src, narrow.src_be);
		mx_addr_set4(&flow->dst, narrow.dst_be);
		flow->src_port_be = narrow.src_port_be;
		flow->dst_port_be = narrow.dst_port_be;
	} else {
		memcpy(flow, packet_ends6(frame), sizeof(*flow));
	}
}

static inline struct mx_flow
packet_flow(struct rte_mbuf *frame, const struct packet_info *info)
{
	struct mx_flow flow;

	packet_read_flow(frame, info, &flow);
	return flow;
}

#endif /* MX_PACKET_H */
