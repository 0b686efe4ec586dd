/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FRAMES_H
#define MX_TESTS_FRAMES_H

/* Readable builders of frames, of either family.  A builder computes every
 * checksum in full.  So an expected frame from a builder is the naive twin of
 * the frame that the data plane rewrote step by step. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "addr.h"

#define SYN RTE_TCP_SYN_FLAG
#define ACK RTE_TCP_ACK_FLAG
#define PSH RTE_TCP_PSH_FLAG
#define FIN RTE_TCP_FIN_FLAG
#define RST RTE_TCP_RST_FLAG

#define FRAME_MAX 2048

/* One end of a link, with its addresses of every layer. */
struct end {
	struct rte_ether_addr mac;
	struct mx_addr ip;
	uint16_t port;
};

/* 10.1.2.3 as ip4(10, 1, 2, 3); fd00:2::b as ip6(0xfd00, 2, 0xb). */
struct mx_addr ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
struct mx_addr ip6(uint16_t first, uint16_t second, uint16_t last);

struct segment {
	struct end from; /* both of one family */
	struct end to;
	uint8_t flags;
	uint8_t ttl; /* 0: 64 */
	uint8_t tos;
	/* Made or translated by the data plane: no IPv4 identification, no IPv6
	 * flow label. */
	bool made;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;        /* 0: 65535 */
	uint16_t payload_bytes; /* filled from seed, or from payload */
	uint32_t seed;
	const uint8_t *payload;
	uint8_t option_bytes; /* a multiple of 4 */
	uint8_t option[40];
};

/* Write the frame of a segment; returns its bytes (at most 1514). */
uint16_t frame_tcp(uint8_t *out, const struct segment *segment);

/* An ARP request of `from` for to->ip; an echo request with payload. */
uint16_t frame_arp(uint8_t *out, const struct end *from, const struct end *to);
uint16_t frame_echo(uint8_t *out, const struct end *from, const struct end *to,
		    uint16_t payload_bytes);

/* A neighbour solicitation for target->ip, sent to target->mac.  If it comes
 * from an address, it has the option with its MAC address. */
struct solicitation {
	struct end from;
	struct end target;
	bool unicast; /* to the target itself, not to its multicast group */
	bool nameless;
	uint8_t hops; /* 0: 255 */
};
uint16_t frame_solicit(uint8_t *out, const struct solicitation *ask);

/* The advertisement that answers the solicitation. */
uint16_t frame_advertise(uint8_t *out, const struct solicitation *ask,
			 const struct rte_ether_addr *mac);

/* An ICMP error about a segment. */
struct error {
	struct end from;
	struct end to;
	uint8_t type;
	uint8_t code;
	uint32_t mtu;
	struct segment about; /* the segment; its MAC addresses are not used */
	uint16_t quote_bytes; /* of its TCP; 0: all, 512 at most */
	bool made;
};
uint16_t frame_error(uint8_t *out, const struct error *error);

/* A tunnel packet with the packet of `inner`, a frame of so many bytes. */
struct wrapping {
	struct end from; /* port 0: no UDP header */
	struct end to;
	uint8_t tos;
};
uint16_t frame_wrap(uint8_t *out, const struct wrapping *wrapping,
		    const uint8_t *inner, uint16_t bytes);

/* Is it an IPv4 frame?  The checksum over the pseudo-header and a payload, and
 * the checksum of ICMP, which has no pseudo-header in IPv4.  The checksum's own
 * field is zero. */
bool frame_is4(const uint8_t *frame);
uint16_t frame_sum(const uint8_t *frame, const void *payload);
uint16_t frame_icmp_sum(const uint8_t *frame, const void *payload,
			uint16_t bytes);

/* Read the addresses and fields of a TCP frame that left; its payload is at
 * *payload. */
void frame_read(const uint8_t *frame, uint16_t bytes, struct segment *segment);

/* Is every checksum of a TCP or ICMP frame right?  Each is computed anew. */
bool frame_sums_are_right(const uint8_t *frame, uint16_t bytes);

/* Correct the IPv4 header's checksum, and the checksum of TCP or ICMP behind it
 * as far as the lengths allow. */
void frame_mend(uint8_t *frame, uint16_t bytes);

#endif /* MX_TESTS_FRAMES_H */
