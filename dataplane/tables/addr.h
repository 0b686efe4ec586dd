/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_ADDR_H
#define MX_TABLES_ADDR_H

/* Addresses as both planes store them: 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC
 * 4291 2.5.5.2), so that a table has one kind of key for both families.
 * Threads    pure functions: any. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct mx_addr {
	uint8_t byte[16];
};

/* An address and a TCP port. */
struct mx_endpoint {
	struct mx_addr addr;
	uint16_t port_be;
};

/* A TCP flow as its first packet shows it, of either family. */
struct mx_flow {
	struct mx_addr src;
	struct mx_addr dst;
	uint16_t src_port_be;
	uint16_t dst_port_be;
};

/* An IPv4 flow, as the packet path stores it. */
struct mx_flow4 {
	uint32_t src_be;
	uint32_t dst_be;
	uint16_t src_port_be;
	uint16_t dst_port_be;
};

static inline struct mx_addr
mx_addr_from4(uint32_t ip_be)
{
	struct mx_addr addr = {{[10] = 0xff, [11] = 0xff}};
	memcpy(&addr.byte[12], &ip_be, sizeof(ip_be));
	return addr;
}

/* The same in place, by two stores of eight bytes: a load of the address waits
 * for smaller ones. */
static inline void
mx_addr_set4(struct mx_addr *addr, uint32_t ip_be)
{
	const uint32_t low[2] = {htonl(0xffff), ip_be};
	uint64_t low_word;

	memcpy(&low_word, low, sizeof(low_word));
	memset(addr->byte, 0, 8);
	memcpy(&addr->byte[8], &low_word, sizeof(low_word));
}

static inline bool
mx_addr_is4(const struct mx_addr *addr)
{
	uint64_t high;
	uint32_t next;

	memcpy(&high, addr->byte, sizeof(high));
	memcpy(&next, &addr->byte[8], sizeof(next));
	return high == 0 && next == htonl(0xffff);
}

/* The IPv4 address in network order; only if mx_addr_is4(). */
static inline uint32_t
mx_addr_to4(const struct mx_addr *addr)
{
	uint32_t ip_be;
	memcpy(&ip_be, &addr->byte[12], sizeof(ip_be));
	return ip_be;
}

static inline bool
mx_addr_equal(const struct mx_addr *a, const struct mx_addr *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static inline bool
mx_endpoint_equal(const struct mx_endpoint *a, const struct mx_endpoint *b)
{
	return a->port_be == b->port_be && mx_addr_equal(&a->addr, &b->addr);
}

/* The network that mail sites treat as one client: /24 or /64. */
static inline struct mx_addr
mx_addr_prefix(const struct mx_addr *addr)
{
	struct mx_addr prefix = *addr;

	if (mx_addr_is4(addr))
		prefix.byte[15] = 0;
	else
		memset(&prefix.byte[8], 0, 8);
	return prefix;
}

/* The address with all bits behind the first `bits` of 128 set to zero. */
static inline struct mx_addr
mx_addr_first(const struct mx_addr *addr, uint8_t bits)
{
	struct mx_addr first = *addr;
	const unsigned whole = bits / 8u;

	if (whole >= sizeof(first.byte))
		return first;
	first.byte[whole] &= (uint8_t)(0xff00u >> bits % 8u);
	memset(&first.byte[whole + 1], 0, sizeof(first.byte) - 1 - whole);
	return first;
}

#endif /* MX_TABLES_ADDR_H */
