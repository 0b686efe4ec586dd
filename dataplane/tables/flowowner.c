/* SPDX-License-Identifier: BSD-3-Clause */
#include "flowowner.h"

#include <string.h>

/* The bits of a hash that are its class. */
#define CLASS_BITS 6
static_assert(1u << CLASS_BITS == MX_FLOW_CLASSES, "");

#define PORT_BITS 16
#define HASH_BITS 32

static uint32_t
key_bit(const uint8_t *bits, uint32_t at)
{
	return bits[at / 8] >> (7 - at % 8) & 1;
}

/* What bit number `at` of a flow adds, in the order of the wire: the key's bits
 * from `at` on, of which the class is the last of 32. */
static uint8_t
class_of_bit(const uint8_t *bits, uint32_t at)
{
	uint32_t class = 0;

	for (uint32_t i = HASH_BITS - CLASS_BITS; i < HASH_BITS; i++)
		class = class << 1 | key_bit(bits, at + i);
	return (uint8_t) class;
}

/* Let the last six bits of the local port, which the flow ends in, add one bit
 * of the class each.  So of 64 ports that differ in no other bits each has a
 * class of its own, and a worker's share has as many of one as of another. */
static void
spread_ports(uint8_t *bits, uint32_t port)
{
	const uint32_t last = port + PORT_BITS - 1 + HASH_BITS - 1;
	const uint32_t one = last - CLASS_BITS + 1;

	for (uint32_t at = one - CLASS_BITS + 1; at <= last; at++)
		bits[at / 8] &= (uint8_t) ~(0x80 >> at % 8);
	bits[one / 8] |= (uint8_t)(0x80 >> one % 8);
}

/* The rest is as secret as the key of the sessions: nobody outside can choose
 * ports and addresses that all meet at one worker. */
void
mx_flow_key(const struct mx_hash_key *key,
	    uint8_t bits[static MX_FLOW_KEY_BYTES])
{
	for (uint32_t i = 0; i < MX_FLOW_KEY_BYTES; i += 8) {
		const uint64_t word = mx_hash_words(key, i, ~UINT64_C(0));
		memcpy(bits + i, &word, sizeof(word));
	}
	spread_ports(bits, MX_FLOW_LAST_PORT4);
	spread_ports(bits, MX_FLOW_LAST_PORT6);
}
static_assert(MX_FLOW_KEY_BYTES % 8 == 0, "");

/* What a value adds is what its lowest bit adds and what the rest adds. */
static void
fill_byte(struct mx_class_byte *byte, const uint8_t *bits, uint32_t place)
{
	byte->class[0] = 0;
	for (uint32_t value = 1; value < 256; value++) {
		const uint32_t bit = 7 - (uint32_t)__builtin_ctz(value);

		byte->class[value] = byte->class[value & (value - 1)] ^
				     class_of_bit(bits, 8 * place + bit);
	}
}

void
mx_flow_owners_make(struct mx_flow_owners *owners,
		    const struct mx_hash_key *key, uint16_t workers)
{
	uint8_t bits[MX_FLOW_KEY_BYTES];

	owners->workers = workers;
	mx_flow_key(key, bits);
	for (uint32_t place = 0; place < MX_FLOW_BYTES6; place++)
		fill_byte(&owners->byte[place], bits, place);
	for (uint32_t i = 0; i < MX_FLOW_CLASSES; i++)
		owners->owner[i] = (uint8_t)(i % workers);
}

uint16_t
mx_flow_owner(const struct mx_flow_owners *owners, const struct mx_flow *flow)
{
	if (!mx_addr_is4(&flow->src))
		return mx_flow_owner6(owners, flow);
	const struct mx_flow4 flow4 = {mx_addr_to4(&flow->src),
				       mx_addr_to4(&flow->dst),
				       flow->src_port_be, flow->dst_port_be};
	return mx_flow_owner4(owners, &flow4);
}

uint16_t
mx_client_owner(const struct mx_flow_owners *owners,
		const struct mx_hash_key *key, bool nat,
		const struct mx_flow *flow)
{
	if (!nat)
		return mx_flow_owner(owners, flow);
	return mx_nat_owner(mx_hash_client(key, &flow->src, flow->src_port_be),
			    owners->workers);
}
