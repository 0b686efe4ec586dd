/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FRAMES_H
#define MX_TESTS_FRAMES_H

/* Readable builders of frames.  What a builder makes has every checksum
 * computed in full, so a frame built as it should look is the naive twin of
 * the one that the data plane rewrote step by step. */
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#define SYN RTE_TCP_SYN_FLAG
#define ACK RTE_TCP_ACK_FLAG
#define PSH RTE_TCP_PSH_FLAG
#define FIN RTE_TCP_FIN_FLAG
#define RST RTE_TCP_RST_FLAG

/* An end of a link: who speaks, in words of every layer. */
struct end {
	struct rte_ether_addr mac;
	uint32_t ip; /* host order, as RTE_IPV4() makes it */
	uint16_t port;
};

struct segment {
	struct end from;
	struct end to;
	uint8_t flags;
	uint8_t ttl; /* 0: 64 */
	uint32_t seq;
	uint32_t ack;
	uint16_t payload_bytes; /* filled from seed */
	uint32_t seed;
};

/* Write the frame of a segment; returns its bytes (at most 1514). */
uint16_t frame_tcp(uint8_t *out, const struct segment *segment);

/* An ARP request of `from` for to->ip; an ICMP echo request with payload. */
uint16_t frame_arp(uint8_t *out, const struct end *from, const struct end *to);
uint16_t frame_echo(uint8_t *out, const struct end *from, const struct end *to,
		    uint16_t payload_bytes);

/* Is every checksum of an IPv4 frame right, computed anew? */
bool frame_sums_are_right(const uint8_t *frame, uint16_t bytes);

#endif /* MX_TESTS_FRAMES_H */
