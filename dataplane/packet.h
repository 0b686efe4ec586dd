/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PACKET_H
#define MX_PACKET_H

/* What pass 1 learns of a frame and pass 2 acts on.
 *
 * Frames are Ethernet without a VLAN tag, IPv4 without options, TCP: whatever
 * else is addressed to us is answered, dropped or left to the kernel in pass 1.
 * So each header has a fixed place, and pass 2 parses nothing again. */
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
	FATE_ANSWER,  /* ARP or echo for an address of ours */
	FATE_HANDOFF, /* its session lives on another worker */
	FATE_KERNEL,  /* not addressed to us */
	FATE_DROP,    /* for packet_info.why */
};

enum direction {
	DIRECTION_IN,  /* from a client to a VIP */
	DIRECTION_OUT, /* from a backend to a local address */
};

struct packet_info {
	struct mx_flow4 flow; /* as it stands in the frame */
	uint8_t direction;    /* enum direction */
	uint8_t tcp_flags;
	uint8_t why;            /* enum mx_drop, if dropped */
	uint8_t owner;          /* worker, if handed off */
	uint16_t payload_bytes; /* of TCP */
	uint16_t index;         /* IN: service id.  OUT: slot of the port map */
	uint32_t session;       /* OUT: where the port map says it is */
	uint64_t hash;          /* IN: of the flow, under the session key */
};

/* The headers of a frame that pass 1 let through. */
struct headers {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
};
static_assert(sizeof(struct headers) == 54, "as on the wire");

static inline struct headers *
packet_headers(struct rte_mbuf *frame)
{
	return rte_pktmbuf_mtod(frame, struct headers *);
}

#endif /* MX_PACKET_H */
