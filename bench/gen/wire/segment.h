/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_SEGMENT_H
#define MX_GEN_SEGMENT_H

/* TCP segments as they are on the wire. */
#include <rte_ip.h>
#include <rte_tcp.h>

#include "conn.h"
#include "link.h"

#define SEGMENT_FIN 0x01
#define SEGMENT_SYN 0x02
#define SEGMENT_RST 0x04
#define SEGMENT_PSH 0x08
#define SEGMENT_ACK 0x10

#define SEGMENT_WINDOW 65535u /* received bytes are read at once */

struct segment {
	struct conn_key key; /* local: where the segment arrived */
	const struct rte_ether_hdr *ether;
	const uint8_t *payload;
	uint32_t bytes;
	uint32_t seq;
	uint32_t ack;
	uint32_t hash;
	uint16_t window;
	uint16_t mss; /* of its option; 0: none */
	uint8_t flags;
};

enum segment_kind { SEGMENT_READ, SEGMENT_OTHER, SEGMENT_DAMAGED };

/* Read a frame; all of *segment but hash is set if it is SEGMENT_READ. */
enum segment_kind segment_read(const struct rte_mbuf *frame,
			       struct segment *segment);

/* The header fields of a segment to send. */
struct segment_head {
	const struct conn_key *key;
	struct rte_ether_addr src;
	struct rte_ether_addr dst;
	uint16_t sum; /* segment_sum() of key */
	uint16_t mss; /* an option; 0: none */
	uint32_t seq;
	uint32_t ack;
	uint32_t bytes; /* of payload, which is in place */
	uint8_t flags;
};

/* The place of the payload of a segment without options. */
static inline uint32_t
segment_payload_at(const struct conn_key *key)
{
	return sizeof(struct rte_ether_hdr) +
	       (mx_addr_is4(&key->local) ? sizeof(struct rte_ipv4_hdr)
					 : sizeof(struct rte_ipv6_hdr)) +
	       sizeof(struct rte_tcp_hdr);
}

/* The sum of a connection's pseudo header, without the length. */
uint16_t segment_sum(const struct conn_key *key);

/* Write the headers in front of the payload.  Returns the frame's bytes. */
uint16_t segment_finish(uint8_t *frame, const struct segment_head *head);

#endif /* MX_GEN_SEGMENT_H */
