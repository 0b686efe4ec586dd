/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_LAB_FLOODSEGMENT_H
#define MX_TESTS_LAB_FLOODSEGMENT_H

/* The flooder's segments.  The number of a flow decides everything in its
 * segments.  So the segments of one flow agree, whenever they are made. */
#include <net/ethernet.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_MAX 16
#define FLOODSEGMENT_BYTES                                                     \
	(sizeof(struct ether_header) + sizeof(struct ip6_hdr) +                \
	 sizeof(struct tcphdr) + DATA_MAX)

/* One segment of a flow.  offset: from the client's first byte. */
struct step {
	uint8_t flags; /* TH_* */
	bool wrong_sum;
	uint8_t data_bytes;
	int32_t offset;
};

/* The data that the segments of all flows share. */
struct floodsegment {
	struct ether_header ether;
	int family;
	uint8_t vip[16];
	uint8_t prefix[16]; /* of the clients */
	int prefix_bits;
	uint16_t port;        /* of the VIP; 0: each flow has its own */
	uint16_t source_port; /* the same of the clients */
};

/* Write a flow's segment as a frame; returns its bytes, at most
 * FLOODSEGMENT_BYTES. */
size_t floodsegment_make(const struct floodsegment *common, uint64_t flow,
			 const struct step *step, uint8_t *frame);

#endif /* MX_TESTS_LAB_FLOODSEGMENT_H */
