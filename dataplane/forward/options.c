/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <string.h>

#include "rewrite.h"
#include "packet.h"

/* TCP option kinds, as IANA numbers them. */
enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
	OPTION_FAST_OPEN = 34,
};

#define OPTIONS_BYTES_MAX 40u

/* A place in the options of a segment. */
struct option {
	uint8_t *at;
	uint32_t bytes; /* 1 for a no-operation */
	uint32_t left;  /* bytes from `at` to the end of the options */
};

static struct option
options_begin(struct rte_mbuf *frame, uint32_t ip_bytes)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);

	return (struct option){
		.at = (uint8_t *)(tcp + 1),
		.left = packet_tcp_bytes(tcp) - (uint32_t)sizeof(*tcp),
	};
}

/* Go on to the next option; false at the end, or where a length lies. */
static __rte_always_inline bool
options_next(struct option *option)
{
	option->at += option->bytes;
	option->left -= option->bytes;
	if (option->left == 0 || option->at[0] == OPTION_END)
		return false;
	option->bytes = 1;
	if (option->at[0] == OPTION_NOP)
		return true;
	if (option->left < 2 || option->at[1] < 2 ||
	    option->at[1] > option->left)
		return false;
	option->bytes = option->at[1];
	return true;
}

/* Options change by odd bytes as well: sum them up before and after. */
static uint16_t
options_sum(const struct option *first)
{
	return rte_raw_cksum(first->at, first->left);
}

static uint32_t
options_delta(const struct option *first, uint16_t before)
{
	return checksum_delta16(before, options_sum(first));
}

void
options_hide_client(struct rte_mbuf *frame, uint32_t ip_bytes)
{
	const struct option first = options_begin(frame, ip_bytes);
	const uint16_t before = options_sum(&first);
	struct option option = first;

	while (options_next(&option))
		if (option.at[0] == OPTION_TIMESTAMPS ||
		    option.at[0] == OPTION_FAST_OPEN)
			memset(option.at, OPTION_NOP, option.bytes);
	rewrite_tcp_checksum(frame, ip_bytes, options_delta(&first, before));
}

void
options_clamp_mss(struct rte_mbuf *frame, uint32_t ip_bytes, uint16_t mss_max)
{
	const struct option first = options_begin(frame, ip_bytes);
	const uint16_t before = options_sum(&first);
	struct option option = first;
	uint16_t mss_be;

	while (options_next(&option)) {
		if (option.at[0] != OPTION_MSS || option.bytes != 4)
			continue;
		memcpy(&mss_be, option.at + 2, sizeof(mss_be));
		if (rte_be_to_cpu_16(mss_be) <= mss_max)
			continue;
		mss_be = rte_cpu_to_be_16(mss_max);
		memcpy(option.at + 2, &mss_be, sizeof(mss_be));
	}
	rewrite_tcp_checksum(frame, ip_bytes, options_delta(&first, before));
}

/* Take `shift` off the edges of a SACK option.  An edge in the `hidden` bytes
 * from `first` on makes the option go. */
static void
shift_edges(struct option *option, uint32_t first, uint32_t hidden,
	    uint32_t shift)
{
	uint32_t edge_be[OPTIONS_BYTES_MAX / sizeof(uint32_t)];
	const uint32_t bytes = option->bytes - 2;

	memcpy(edge_be, option->at + 2, bytes);
	for (uint32_t i = 0; i < bytes / sizeof(edge_be[0]); i++) {
		const uint32_t edge = rte_be_to_cpu_32(edge_be[i]);
		if (edge - first < hidden) {
			memset(option->at, OPTION_NOP, option->bytes);
			return;
		}
		edge_be[i] = rte_cpu_to_be_32(edge - shift);
	}
	memcpy(option->at + 2, edge_be, bytes);
}

static uint32_t
shift_sack(struct rte_mbuf *frame, uint32_t ip_bytes, uint32_t first,
	   uint32_t hidden, uint32_t shift)
{
	const struct option begin = options_begin(frame, ip_bytes);
	const uint16_t before = options_sum(&begin);
	struct option option = begin;

	while (options_next(&option))
		if (option.at[0] == OPTION_SACK && option.bytes > 2)
			shift_edges(&option, first, hidden, shift);
	return options_delta(&begin, before);
}

struct offer
options_read_offer(struct rte_mbuf *frame, uint32_t ip_bytes)
{
	struct offer offer = {.scale = OFFER_NO_SCALE};
	struct option option = options_begin(frame, ip_bytes);

	while (options_next(&option)) {
		const uint8_t *at = option.at;

		if (at[0] == OPTION_MSS && option.bytes == 4)
			offer.mss = (uint16_t)(at[2] << 8 | at[3]);
		else if (at[0] == OPTION_SCALE && option.bytes == 3)
			offer.scale = at[2] < OFFER_SCALE_MAX ? at[2]
							      : OFFER_SCALE_MAX;
		else if (at[0] == OPTION_SACK_PERMITTED && option.bytes == 2)
			offer.sack = true;
	}
	return offer;
}

uint32_t
options_shift_sack(struct rte_mbuf *frame, uint32_t ip_bytes, uint32_t first,
		   uint32_t shift)
{
	return shift_sack(frame, ip_bytes, first, shift, shift);
}

uint32_t
options_add_sack(struct rte_mbuf *frame, uint32_t ip_bytes, uint32_t shift)
{
	return shift_sack(frame, ip_bytes, 0, 0, 0 - shift);
}

/* Whole words, each with what aligns it: a checksum over bytes that were just
 * stored one by one waits for them. */
uint32_t
options_write_offer(rte_be32_t out[static OPTIONS_OFFER_WORDS],
		    const struct offer *offer)
{
	uint32_t words = 0;

	out[words++] =
		rte_cpu_to_be_32(OPTION_MSS << 24 | 4 << 16 | offer->mss);
	if (offer->scale != OFFER_NO_SCALE)
		out[words++] =
			rte_cpu_to_be_32(OPTION_NOP << 24 | OPTION_SCALE << 16 |
					 3 << 8 | offer->scale);
	if (offer->sack)
		out[words++] =
			rte_cpu_to_be_32(OPTION_NOP << 24 | OPTION_NOP << 16 |
					 OPTION_SACK_PERMITTED << 8 | 2);
	return words;
}

/* The option's own bytes, without the no-operations before it. */
#define STAMPS_BYTES 10

bool
options_read_stamps(struct rte_mbuf *frame, uint32_t ip_bytes,
		    struct options_stamps *stamps)
{
	struct option option = options_begin(frame, ip_bytes);
	rte_be32_t both_be[2];

	while (options_next(&option)) {
		if (option.at[0] != OPTION_TIMESTAMPS ||
		    option.bytes != STAMPS_BYTES)
			continue;
		memcpy(both_be, option.at + 2, sizeof(both_be));
		stamps->value = rte_be_to_cpu_32(both_be[0]);
		stamps->echo = rte_be_to_cpu_32(both_be[1]);
		return true;
	}
	return false;
}

void
options_write_stamps(uint8_t out[static OPTIONS_STAMPS_BYTES],
		     const struct options_stamps *stamps)
{
	const rte_be32_t both_be[] = {rte_cpu_to_be_32(stamps->value),
				      rte_cpu_to_be_32(stamps->echo)};

	out[0] = OPTION_NOP;
	out[1] = OPTION_NOP;
	out[2] = OPTION_TIMESTAMPS;
	out[3] = STAMPS_BYTES;
	memcpy(out + 4, both_be, sizeof(both_be));
}
