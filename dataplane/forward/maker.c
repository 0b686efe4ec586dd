/* SPDX-License-Identifier: BSD-3-Clause */
#include "maker.h"

#include "egress.h"
#include "translate.h"

/* The time to live of packets that begin here; RFC 1700. */
#define MAKER_TTL 64

/* Where an ICMP message has its checksum. */
#define ICMP_CKSUM_AT 2

void
maker_empty(struct rte_mbuf *frame)
{
	rte_pktmbuf_free(frame->next);
	frame->next = NULL;
	frame->nb_segs = 1;
	frame->data_len = 0;
	frame->pkt_len = 0;
	/* What the port said of the packet that was in the frame. */
	frame->ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
}

/* Write the IP header.  Returns what follows it, `bytes` long. */
static void *
make_ip(struct rte_mbuf *frame, const struct mx_addr *from,
	const struct mx_addr *to, bool tcp, uint32_t bytes)
{
	const bool six = !mx_addr_is4(from);
	const uint32_t ip_bytes =
		six ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint8_t *at = (uint8_t *)rte_pktmbuf_append(
		frame, (uint16_t)(RTE_ETHER_HDR_LEN + ip_bytes + bytes));

	if (six)
		translate_fill6(&packet_headers6(frame)->ip, from, to, 0,
				MAKER_TTL, tcp ? IPPROTO_TCP : IPPROTO_ICMPV6,
				bytes);
	else
		translate_fill4(&packet_headers(frame)->ip, mx_addr_to4(from),
				mx_addr_to4(to), 0, MAKER_TTL,
				tcp ? IPPROTO_TCP : IPPROTO_ICMP, bytes);
	return at + RTE_ETHER_HDR_LEN + ip_bytes;
}

struct rte_tcp_hdr *
maker_segment(struct rte_mbuf *frame, const struct mx_flow *flow,
	      uint32_t payload_bytes)
{
	struct rte_tcp_hdr *tcp =
		make_ip(frame, &flow->src, &flow->dst, true,
			(uint32_t)sizeof(*tcp) + payload_bytes);

	*tcp = (struct rte_tcp_hdr){
		.src_port = flow->src_port_be,
		.dst_port = flow->dst_port_be,
		.data_off = sizeof(*tcp) / 4 << 4,
	};
	return tcp;
}

void *
maker_tcp(struct rte_mbuf *frame, const struct mx_addr *from,
	  const struct mx_addr *to, uint32_t bytes)
{
	return make_ip(frame, from, to, true, bytes);
}

void *
maker_icmp(struct rte_mbuf *frame, const struct mx_addr *from,
	   const struct mx_addr *to, uint32_t bytes)
{
	return make_ip(frame, from, to, false, bytes);
}

/* Where the checksum of a segment or message is; zero it. */
static uint16_t *
clear_checksum(void *payload, bool tcp)
{
	uint16_t *cksum = (void *)((uint8_t *)payload +
				   (tcp ? offsetof(struct rte_tcp_hdr, cksum)
					: ICMP_CKSUM_AT));

	*cksum = 0;
	return cksum;
}

static void
sum4(const struct rte_ipv4_hdr *ip, void *payload)
{
	const bool tcp = ip->next_proto_id == IPPROTO_TCP;
	uint16_t *cksum = clear_checksum(payload, tcp);

	/* IPv4's ICMP has no pseudo-header. */
	*cksum = tcp ? rte_ipv4_udptcp_cksum(ip, payload)
		     : (uint16_t)~rte_raw_cksum(
			       payload, rte_be_to_cpu_16(ip->total_length) -
						sizeof(*ip));
}

static void
sum6(const struct rte_ipv6_hdr *ip, void *payload)
{
	uint16_t *cksum = clear_checksum(payload, ip->proto == IPPROTO_TCP);

	*cksum = rte_ipv6_udptcp_cksum(ip, payload);
}

static bool
is_six(struct rte_mbuf *frame)
{
	return packet_headers(frame)->ip.version_ihl >> 4 == 6;
}

void
maker_sum(struct rte_mbuf *frame)
{
	if (is_six(frame))
		sum6(&packet_headers6(frame)->ip, &packet_headers6(frame)->tcp);
	else
		sum4(&packet_headers(frame)->ip, &packet_headers(frame)->tcp);
}

void
maker_send(struct worker *w, struct rte_mbuf *frame, uint8_t port,
	   const uint8_t mac[6])
{
	maker_sum(frame);
	egress_send(w, frame, port, mac, is_six(frame));
}

uint8_t *
maker_fill(struct rte_mbuf *frame, const struct maker_bare *bare,
	   uint32_t option_bytes, uint32_t payload_bytes)
{
	struct rte_tcp_hdr *tcp =
		maker_segment(frame, &bare->flow, option_bytes + payload_bytes);

	tcp->data_off = (uint8_t)((sizeof(*tcp) + option_bytes) / 4 << 4);
	tcp->sent_seq = rte_cpu_to_be_32(bare->seq);
	tcp->recv_ack = rte_cpu_to_be_32(bare->ack);
	tcp->tcp_flags = bare->flags;
	tcp->rx_win = rte_cpu_to_be_16(bare->window);
	return (uint8_t *)(tcp + 1);
}

void
maker_send_bare(struct worker *w, const struct maker_bare *bare, uint8_t port,
		const uint8_t mac[6])
{
	struct rte_mbuf *made = worker_make_frame(w);

	if (made == NULL)
		return;
	maker_fill(made, bare, 0, 0);
	maker_send(w, made, port, mac);
}
