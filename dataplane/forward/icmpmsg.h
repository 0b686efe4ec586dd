/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ICMPMSG_H
#define MX_ICMPMSG_H

/* ICMP errors as messages (RFC 792, 4443): taken apart, changed from one family
 * to the other (RFC 7915 4.2, 5.2), and put together again.
 *
 * Threads    pure functions of their arguments. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "addr.h"

/* What is quoted of the inner packet's TCP: its ports and its number at least;
 * no more than fits any link with the error around it (RFC 1812 4.3.2.3, RFC
 * 4443 2.4). */
#define ICMP_QUOTE_MIN 8u
#define ICMP_QUOTE_MAX 512u

/* A frame taken apart: an error, and the packet inside. */
struct icmp_error {
	bool six;              /* family of the error */
	struct mx_addr teller; /* who sent it, and to whom */
	struct mx_addr told;
	uint8_t type;
	uint8_t code;
	uint32_t mtu; /* of fragmentation needed and packet too big */
	/* The inner packet, which `told` is said to have sent. */
	struct mx_flow flow;
	uint8_t tos;
	uint8_t ttl;
	uint16_t payload_bytes; /* after the inner IP header, when whole */
	uint16_t quote_bytes;   /* of that, how many are here */
	uint8_t quote[ICMP_QUOTE_MAX];
};

/* Take the frame of an IP packet of ICMP, whose IP header is there, apart.
 * False if it is cut off, its checksum wrong, no error that means anything
 * here, or not about TCP that the told address is said to have sent; teller and
 * told are set all the same. */
bool icmp_error_read(struct icmp_error *error, struct rte_mbuf *frame);

/* The error that tells the sender of the checked segment in a frame, as if by
 * the address it was sent to, that mtu is all that passes. */
void icmp_error_about(struct icmp_error *error, struct rte_mbuf *frame,
		      uint32_t ip_bytes, uint32_t mtu);

/* What TCP header its sender knows: put these ports into the quoted one, take
 * `shift` off its number and add ack_shift to what it acknowledges.  delta:
 * what else the checksum has to follow. */
void icmp_error_undo(struct icmp_error *error, const struct mx_flow *flow,
		     uint32_t shift, uint32_t ack_shift, uint16_t delta);

/* Turn the error into one of the other family, if `six` is that. */
void icmp_error_translate(struct icmp_error *error, bool six);

/* Write the error into an empty frame, all but its checksum and its Ethernet
 * header: maker_send() writes these. */
void icmp_error_write(struct rte_mbuf *frame, const struct icmp_error *error);

#endif /* MX_ICMPMSG_H */
