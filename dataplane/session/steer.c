/* SPDX-License-Identifier: BSD-3-Clause */
#include "steer.h"

#include <string.h>

#include <rte_thash.h>

/* The bits of a hash that are its class. */
#define CLASS_BITS 6
static_assert(1u << CLASS_BITS == RSS_CLASSES, "");

/* Bit numbers, in the order of the wire. */
#define PORT_BITS 16
#define LOCAL_PORT4 (8 * STEER_BYTES4 - PORT_BITS)
#define LOCAL_PORT6 (8 * STEER_BYTES6 - PORT_BITS)
#define HASH_BITS 32

#define SAMPLES 512

static const struct steer_byte nothing[2];

static uint32_t
key_bit(const uint8_t *key, uint32_t at)
{
	return key[at / 8] >> (7 - at % 8) & 1;
}

/* What bit number `at` of a flow adds: the key's bits from `at` on, of which
 * the class is the last of 32. */
static uint8_t
class_of_bit(const uint8_t *key, uint32_t at)
{
	uint32_t class = 0;

	for (uint32_t i = HASH_BITS - CLASS_BITS; i < HASH_BITS; i++)
		class = class << 1 | key_bit(key, at + i);
	return (uint8_t) class;
}

/* Let the last six bits of the local port, which the flow ends in, add one bit
 * of the class each.  So of 64 ports that differ in no other bits each has a
 * class of its own, and a worker's share has as many of one as of another. */
static void
spread_ports(uint8_t *key, uint32_t port)
{
	const uint32_t last = port + PORT_BITS - 1 + HASH_BITS - 1;
	const uint32_t one = last - CLASS_BITS + 1;

	for (uint32_t at = one - CLASS_BITS + 1; at <= last; at++)
		key[at / 8] &= (uint8_t) ~(0x80 >> at % 8);
	key[one / 8] |= (uint8_t)(0x80 >> one % 8);
}

/* The rest is as secret as the key of the sessions: nobody outside can choose
 * ports and addresses that all meet at one worker. */
static void
make_key(const struct mx_hash_key *from, uint8_t key[static RSS_KEY_BYTES])
{
	for (uint32_t i = 0; i < RSS_KEY_BYTES; i += 8) {
		const uint64_t word = mx_hash_words(from, i, ~UINT64_C(0));
		memcpy(key + i, &word, sizeof(word));
	}
	spread_ports(key, LOCAL_PORT4);
	spread_ports(key, LOCAL_PORT6);
}
static_assert(RSS_KEY_BYTES % 8 == 0, "");

static void
fill_byte(struct steer_byte *byte, const uint8_t *key, uint32_t place)
{
	for (uint32_t value = 0; value < 256; value++) {
		uint8_t class = 0;

		for (uint32_t bit = 0; bit < 8; bit++)
			if (value >> (7 - bit) & 1)
				class ^= class_of_bit(key, 8 * place + bit);
		byte->class[value] = class;
	}
}

void
steer_make(struct steer *steer, const struct mx_hash_key *key, uint16_t worker,
	   uint16_t workers)
{
	uint8_t bits[RSS_KEY_BYTES];

	*steer = (struct steer){0};
	make_key(key, bits);
	for (uint32_t place = 0; place < STEER_BYTES6; place++)
		fill_byte(&steer->byte[place], bits, place);
	for (uint32_t i = 0; i < RSS_CLASSES; i++)
		steer->owner[i] = (uint8_t)(i % workers);
	for (uint32_t rest = 0; rest < RSS_CLASSES; rest++)
		for (uint32_t port = 0; port < RSS_CLASSES; port++)
			if (steer->owner[rest ^ port] == worker)
				steer->here[rest] |= UINT64_C(1) << port;
}

struct rss
steer_rss(const struct steer *steer, const struct mx_hash_key *key, bool ipv6)
{
	struct rss rss = {.ipv6 = ipv6};

	make_key(key, rss.key);
	memcpy(rss.queue, steer->owner, sizeof(rss.queue));
	return rss;
}

uint16_t
steer_owner(const struct steer *steer, const struct mx_flow *flow)
{
	if (!mx_addr_is4(&flow->src))
		return steer_owner6(steer, flow);
	const struct mx_flow4 flow4 = {mx_addr_to4(&flow->src),
				       mx_addr_to4(&flow->dst),
				       flow->src_port_be, flow->dst_port_be};
	return steer_owner4(steer, &flow4);
}

uint64_t
steer_here(const struct steer *steer, const struct mx_addr *server,
	   uint16_t server_port_be, const struct mx_addr *local)
{
	if (!steer->predicted)
		return STEER_ANY;
	if (mx_addr_is4(server)) {
		const struct mx_flow4 rest = {mx_addr_to4(server),
					      mx_addr_to4(local),
					      server_port_be, 0};
		return steer->here[steer_class(steer, &rest, STEER_BYTES4)];
	}
	const struct mx_flow rest = {*server, *local, server_port_be, 0};
	return steer->here[steer_class(steer, &rest, STEER_BYTES6)];
}

const struct steer_byte *
steer_port_bytes(const struct steer *steer, const struct mx_addr *local)
{
	if (!steer->predicted)
		return nothing;
	return &steer->byte[(mx_addr_is4(local) ? LOCAL_PORT4 : LOCAL_PORT6) /
			    8];
}

/* Where a port with this key and table puts a flow. */
static uint16_t
queue_of(const struct rss *rss, const uint8_t *flow, uint32_t bytes)
{
	uint32_t word[STEER_BYTES6 / 4];

	memcpy(word, flow, bytes);
	for (uint32_t i = 0; i < bytes / 4; i++)
		word[i] = rte_be_to_cpu_32(word[i]);
	return rss->queue[rte_softrss(word, bytes / 4, rss->key) % RSS_CLASSES];
}

const char *
steer_fault(const struct steer *steer, const struct rss *found)
{
	static const uint32_t sizes[] = {STEER_BYTES4, STEER_BYTES6};
	/* Digits of pi: a key with few bits would make dull flows. */
	const struct mx_hash_key any = {
		{0x243f6a8885a308d3u, 0x13198a2e03707344u}};
	uint64_t flow[STEER_BYTES6 / 8 + 1];

	if (memcmp(found->queue, steer->owner, sizeof(found->queue)) != 0)
		return "has another RSS table than it was given";
	for (uint64_t i = 0; i < SAMPLES; i++) {
		const uint32_t bytes = sizes[i % 2];

		for (uint64_t at = 0; at < sizeof(flow) / 8; at++)
			flow[at] = mx_hash_words(&any, i, at);
		const uint32_t class = steer_class(steer, flow, bytes);
		if (queue_of(found, (const uint8_t *)flow, bytes) !=
		    steer->owner[class])
			return "has another RSS key than it was given";
	}
	return NULL;
}
