/* SPDX-License-Identifier: BSD-3-Clause */
#include "synack.h"

#include <string.h>

#include "checksum.h"
#include "maker.h"
#include "options.h"

/* A TCP header without options has so many words. */
#define WORDS (sizeof(struct rte_tcp_hdr) / sizeof(uint32_t))

/* The word that has the checksum in its upper half. */
#define WORD_CKSUM 4

/* The checksum of a segment of so many words, whose own word of it is 0.  The
 * prefix of a mapped IPv4 address adds nothing to it. */
static uint16_t
sum_of(const rte_be32_t *word, uint32_t words, const struct mx_flow *flow)
{
	uint64_t sum = (uint64_t)checksum_sum_addr(&flow->src) +
		       checksum_sum_addr(&flow->dst) + RTE_BE16(IPPROTO_TCP) +
		       rte_cpu_to_be_16((uint16_t)(words * sizeof(*word)));

	for (uint32_t i = 0; i < words; i++)
		sum += word[i];
	sum = (uint32_t)sum + (sum >> 32);
	return (uint16_t)~checksum_fold(checksum_fold((uint32_t)sum) +
					(uint32_t)(sum >> 32));
}

void
synack_fill(struct rte_mbuf *frame, const struct synack *synack)
{
	const struct mx_flow *flow = synack->flow;
	rte_be32_t word[WORDS + OPTIONS_OFFER_WORDS];
	const uint32_t words =
		WORDS + options_write_offer(word + WORDS, &synack->says);

	word[0] = rte_cpu_to_be_32((uint32_t)rte_be_to_cpu_16(flow->dst_port_be)
					   << 16 |
				   rte_be_to_cpu_16(flow->src_port_be));
	word[1] = rte_cpu_to_be_32(synack->isn);
	word[2] = rte_cpu_to_be_32(synack->client_isn + 1);
	word[3] = rte_cpu_to_be_32(words << 28 |
				   (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG) << 16 |
				   synack->window);
	word[WORD_CKSUM] = 0;
	word[WORD_CKSUM] = rte_cpu_to_be_32(
		(uint32_t)rte_be_to_cpu_16(sum_of(word, words, flow)) << 16);
	void *tcp = maker_tcp(frame, &flow->dst, &flow->src,
			      words * (uint32_t)sizeof(*word));
	memcpy(tcp, word, words * sizeof(*word));
}
