/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_CHECKSUM_H
#define MX_FORWARD_CHECKSUM_H

/* Incremental Internet checksums (RFC 1624).
 *
 * A rewrite changes the same words of every packet of a session in the same
 * way, so what it adds to the checksum is computed once, when the session
 * opens, and the way back adds the complement.  Sums are over words as they
 * lie in memory: one's complement addition does not care for byte order.
 * An update keeps a wrong checksum wrong: only the ends judge it. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "addr.h"

static inline uint16_t
checksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* The delta of one 16-bit word, or of one 32-bit word, that changes. */
static inline uint32_t
checksum_delta16(uint16_t from, uint16_t to)
{
	return (uint32_t)(uint16_t)~from + to;
}

static inline uint32_t
checksum_delta32(uint32_t from, uint32_t to)
{
	return checksum_delta16((uint16_t)from, (uint16_t)to) +
	       checksum_delta16((uint16_t)(from >> 16), (uint16_t)(to >> 16));
}

/* The words of an address, summed up. */
static inline uint32_t
checksum_sum_addr(const struct mx_addr *addr)
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	const uint64_t sum = (half[0] >> 32) + (uint32_t)half[0] +
			     (half[1] >> 32) + (uint32_t)half[1];
	return (uint32_t)checksum_fold((uint32_t)sum) + (uint32_t)(sum >> 32);
}

/* The delta of a whole address.  Of IPv4 only the last 4 bytes count, since a
 * mapped prefix is not in any packet. */
static inline uint32_t
checksum_delta_addr(const struct mx_addr *from, const struct mx_addr *to)
{
	const unsigned first_from = mx_addr_is4(from) ? 12 : 0;
	const unsigned first_to = mx_addr_is4(to) ? 12 : 0;
	uint32_t sum = 0;
	uint16_t word;

	for (unsigned i = first_from; i < sizeof(*from); i += sizeof(word)) {
		memcpy(&word, &from->byte[i], sizeof(word));
		sum += (uint16_t)~word;
	}
	for (unsigned i = first_to; i < sizeof(*to); i += sizeof(word)) {
		memcpy(&word, &to->byte[i], sizeof(word));
		sum += word;
	}
	return sum;
}

static inline uint16_t
checksum_add(uint16_t checksum, uint16_t delta)
{
	return (uint16_t)~checksum_fold((uint32_t)(uint16_t)~checksum + delta);
}

/* Is the checksum of what follows an IPv6 header right?  All of the packet is
 * there.  (DPDK's own is not yet part of its stable interface.) */
static inline bool
checksum_is_right6(const struct rte_ipv6_hdr *ip, const void *payload)
{
	const uint32_t sum =
		rte_raw_cksum(payload, rte_be_to_cpu_16(ip->payload_len)) +
		(uint32_t)rte_ipv6_phdr_cksum(ip, 0);

	return checksum_fold(sum) == 0xffff;
}

/* What one hop less does to an IPv4 header: its time to live is the upper
 * byte of a word, so the word loses 0x0100. */
#define CHECKSUM_DELTA_TTL RTE_STATIC_BSWAP16(0xfeff)

#endif /* MX_FORWARD_CHECKSUM_H */
