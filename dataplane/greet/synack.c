/* SPDX-License-Identifier: BSD-3-Clause */
#include "synack.h"

#include <string.h>

#include "maker.h"

/* TCP options as IANA numbers them, each with what aligns it to four bytes. */
#define MSS_BYTES 4u
#define SCALE_BYTES 4u
#define SACK_BYTES 4u

struct offer
synack_agree(const struct offer *offered, const struct offer *has)
{
	const bool scales = offered->scale != OFFER_NO_SCALE;

	return (struct offer){
		.mss = has->mss,
		.scale = scales ? has->scale : OFFER_NO_SCALE,
		.sack = offered->sack && has->sack,
	};
}

void
synack_fill(struct rte_mbuf *frame, const struct synack *synack)
{
	const struct mx_flow *flow = synack->flow;
	const struct mx_flow back = {flow->dst, flow->src, flow->dst_port_be,
				     flow->src_port_be};
	const struct offer *says = &synack->says;
	const bool scales = says->scale != OFFER_NO_SCALE;
	const uint32_t bytes = MSS_BYTES + (scales ? SCALE_BYTES : 0) +
			       (says->sack ? SACK_BYTES : 0);
	struct rte_tcp_hdr *tcp = maker_segment(frame, &back, bytes);
	uint8_t *option = (uint8_t *)(tcp + 1);

	tcp->data_off = (uint8_t)((sizeof(*tcp) + bytes) / 4 << 4);
	tcp->tcp_flags = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;
	tcp->sent_seq = rte_cpu_to_be_32(synack->isn);
	tcp->recv_ack = rte_cpu_to_be_32(synack->client_isn + 1);
	tcp->rx_win = rte_cpu_to_be_16(synack->window);
	memcpy(option,
	       (const uint8_t[]){2, 4, (uint8_t)(says->mss >> 8),
				 (uint8_t)says->mss},
	       MSS_BYTES);
	option += MSS_BYTES;
	if (scales) {
		memcpy(option, (const uint8_t[]){1, 3, 3, says->scale},
		       SCALE_BYTES);
		option += SCALE_BYTES;
	}
	if (says->sack)
		memcpy(option, (const uint8_t[]){1, 1, 4, 2}, SACK_BYTES);
}
