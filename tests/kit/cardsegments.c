/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in and out of the cards. */
#include <check.h>
#include <string.h>

#include <rte_thash.h>

#include "cards.h"

struct mx_flow
cards_client(uint32_t n, uint16_t vip_port)
{
	const bool six = vip_port == 25 && n % 2 == 1;

	return (struct mx_flow){
		.src = six ? cards_addr6(3, n * 2654435761u)
			   : cards_addr4(RTE_IPV4(203u, 0, 0, 0) + n % 50021),
		.dst = six ? cards_addr6(1, 25)
			   : cards_addr4(RTE_IPV4(198u, 51, 100, 25)),
		.src_port_be =
			rte_cpu_to_be_16((uint16_t)(1024 + n * 40503u % 60000)),
		.dst_port_be = rte_cpu_to_be_16(vip_port),
	};
}

uint16_t
cards_queue(const struct cards *cards, const struct mx_flow *flow)
{
	uint32_t word[MX_FLOW_BYTES6 / 4];
	uint32_t words = MX_FLOW_BYTES6 / 4;

	memcpy(word, flow, sizeof(word));
	if (mx_addr_is4(&flow->src)) {
		words = MX_FLOW_BYTES4 / 4;
		word[0] = mx_addr_to4(&flow->src);
		word[1] = mx_addr_to4(&flow->dst);
		memcpy(&word[2], &flow->src_port_be, 4);
	}
	for (uint32_t i = 0; i < words; i++)
		word[i] = rte_be_to_cpu_32(word[i]);
	return cards->rss
		.queue[rte_softrss(word, words, cards->rss.key) % RSS_CLASSES];
}

void
cards_put(uint16_t card, uint16_t queue, struct rte_mbuf *frame)
{
	struct rte_ether_hdr *ether = &packet_headers(frame)->ether;

	ether->dst_addr = cards_mac[card];
	ether->src_addr = cards_outside;
	if (rte_ring_enqueue(cards_rx[card][queue], frame) != 0)
		ck_abort_msg("queue %u of card %u is full", queue, card);
}

static void
fill4(struct headers *h, const struct mx_flow *flow)
{
	h->ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	h->ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = RTE_BE16(sizeof(h->ip) + sizeof(h->tcp)),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_TCP,
		.src_addr = mx_addr_to4(&flow->src),
		.dst_addr = mx_addr_to4(&flow->dst),
	};
	h->ip.hdr_checksum = rte_ipv4_cksum(&h->ip);
	h->tcp.cksum = rte_ipv4_udptcp_cksum(&h->ip, &h->tcp);
}

static void
fill6(struct headers6 *h, const struct mx_flow *flow)
{
	h->ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	h->ip = (struct rte_ipv6_hdr){
		.vtc_flow = RTE_BE32(0x60000000),
		.payload_len = RTE_BE16(sizeof(h->tcp)),
		.proto = IPPROTO_TCP,
		.hop_limits = 64,
	};
	memcpy(&h->ip.src_addr, &flow->src, 16);
	memcpy(&h->ip.dst_addr, &flow->dst, 16);
	h->tcp.cksum = rte_ipv6_udptcp_cksum(&h->ip, &h->tcp);
}

void
cards_send(struct cards *cards, uint16_t card, int queue,
	   const struct mx_flow *flow, uint8_t tcp_flags)
{
	struct rte_mbuf *frame = cards_frame();
	const bool six = !mx_addr_is4(&flow->src);
	const uint32_t ip_bytes =
		six ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);

	rte_pktmbuf_append(frame, (uint16_t)(RTE_ETHER_HDR_LEN + ip_bytes +
					     sizeof(struct rte_tcp_hdr)));
	*packet_tcp(frame, ip_bytes) = (struct rte_tcp_hdr){
		.src_port = flow->src_port_be,
		.dst_port = flow->dst_port_be,
		.data_off = 5 << 4,
		.tcp_flags = tcp_flags,
	};
	if (six)
		fill6(packet_headers6(frame), flow);
	else
		fill4(packet_headers(frame), flow);
	cards_put(card,
		  queue == ANY_QUEUE ? cards_queue(cards, flow)
				     : (uint16_t)queue,
		  frame);
}

struct rte_mbuf *
cards_get(struct cards *cards, uint16_t card)
{
	struct rte_mbuf *frame;

	for (uint16_t q = 0; q < cards->workers; q++)
		if (rte_ring_dequeue(cards_tx[card][q], (void **)&frame) == 0)
			return frame;
	return NULL;
}

struct mx_flow
cards_take(struct cards *cards, uint16_t card)
{
	struct rte_mbuf *frame = cards_get(cards, card);
	struct packet_info info = {0};

	if (frame == NULL || cards_get(cards, card) != NULL)
		ck_abort_msg("not one segment left by card %u", card);
	const struct headers *h = packet_headers(frame);
	info.ip_bytes = h->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6)
				? sizeof(struct rte_ipv6_hdr)
				: sizeof(struct rte_ipv4_hdr);
	const struct mx_flow flow = packet_flow(frame, &info);
	rte_pktmbuf_free(frame);
	return flow;
}
