/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

static void
fill(uint8_t *out, uint16_t bytes, uint32_t seed)
{
	for (uint16_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		out[i] = (uint8_t)(seed >> 24);
	}
}

static uint8_t *
put_ether(uint8_t *out, const struct rte_ether_addr *from,
	  const struct rte_ether_addr *to, uint16_t type)
{
	struct rte_ether_hdr *ether = (void *)out;

	ether->src_addr = *from;
	ether->dst_addr = *to;
	ether->ether_type = rte_cpu_to_be_16(type);
	return out + sizeof(*ether);
}

static uint8_t *
put_ipv4(uint8_t *out, const struct end *from, const struct end *to,
	 uint8_t protocol, uint16_t total_bytes, uint8_t ttl)
{
	struct rte_ipv4_hdr *ip = (void *)out;

	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16(total_bytes),
		.packet_id = RTE_BE16(0x1234),
		.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		.time_to_live = ttl == 0 ? 64 : ttl,
		.next_proto_id = protocol,
		.src_addr = rte_cpu_to_be_32(from->ip),
		.dst_addr = rte_cpu_to_be_32(to->ip),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return out + sizeof(*ip);
}

uint16_t
frame_tcp(uint8_t *out, const struct segment *segment)
{
	const uint16_t total = (uint16_t)(40 + segment->payload_bytes);
	uint8_t *ip = put_ether(out, &segment->from.mac, &segment->to.mac,
				RTE_ETHER_TYPE_IPV4);
	uint8_t *at = put_ipv4(ip, &segment->from, &segment->to, IPPROTO_TCP,
			       total, segment->ttl);
	struct rte_tcp_hdr *tcp = (void *)at;

	*tcp = (struct rte_tcp_hdr){
		.src_port = rte_cpu_to_be_16(segment->from.port),
		.dst_port = rte_cpu_to_be_16(segment->to.port),
		.sent_seq = rte_cpu_to_be_32(segment->seq),
		.recv_ack = rte_cpu_to_be_32(segment->ack),
		.data_off = 5 << 4,
		.tcp_flags = segment->flags,
		.rx_win = RTE_BE16(65535),
	};
	fill(at + sizeof(*tcp), segment->payload_bytes, segment->seed);
	tcp->cksum = rte_ipv4_udptcp_cksum((void *)ip, tcp);
	return (uint16_t)(sizeof(struct rte_ether_hdr) + total);
}

uint16_t
frame_arp(uint8_t *out, const struct end *from, const struct end *to)
{
	static const struct rte_ether_addr all = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct rte_arp_hdr *arp = (void *)put_ether(out, &from->mac, &all,
						    RTE_ETHER_TYPE_ARP);

	*arp = (struct rte_arp_hdr){
		.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
		.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
		.arp_hlen = RTE_ETHER_ADDR_LEN,
		.arp_plen = 4,
		.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
		.arp_data = {.arp_sha = from->mac,
			     .arp_sip = rte_cpu_to_be_32(from->ip),
			     .arp_tip = rte_cpu_to_be_32(to->ip)},
	};
	return sizeof(struct rte_ether_hdr) + sizeof(*arp);
}

uint16_t
frame_echo(uint8_t *out, const struct end *from, const struct end *to,
	   uint16_t payload_bytes)
{
	const uint16_t icmp_bytes =
		(uint16_t)(sizeof(struct rte_icmp_hdr) + payload_bytes);
	uint8_t *ip =
		put_ether(out, &from->mac, &to->mac, RTE_ETHER_TYPE_IPV4);
	uint8_t *at = put_ipv4(ip, from, to, IPPROTO_ICMP,
			       (uint16_t)(20 + icmp_bytes), 0);
	struct rte_icmp_hdr *icmp = (void *)at;

	*icmp = (struct rte_icmp_hdr){
		.icmp_type = RTE_IP_ICMP_ECHO_REQUEST,
		.icmp_ident = RTE_BE16(7),
		.icmp_seq_nb = RTE_BE16(9),
	};
	fill(at + sizeof(*icmp), payload_bytes, 1);
	icmp->icmp_cksum = (uint16_t)~rte_raw_cksum(icmp, icmp_bytes);
	return (uint16_t)(sizeof(struct rte_ether_hdr) + 20 + icmp_bytes);
}

bool
frame_sums_are_right(const uint8_t *frame, uint16_t bytes)
{
	uint8_t copy[2048];
	memcpy(copy, frame, bytes);
	struct rte_ipv4_hdr *ip =
		(void *)(copy + sizeof(struct rte_ether_hdr));
	struct rte_tcp_hdr *tcp = (void *)(ip + 1);
	const uint16_t rest =
		(uint16_t)(rte_be_to_cpu_16(ip->total_length) - sizeof(*ip));

	if (bytes < sizeof(struct rte_ether_hdr) + sizeof(*ip) ||
	    rte_raw_cksum(ip, sizeof(*ip)) != 0xffff)
		return false;
	if (ip->next_proto_id == IPPROTO_ICMP)
		return rte_raw_cksum(ip + 1, rest) == 0xffff;
	const uint16_t found = tcp->cksum;
	tcp->cksum = 0;
	return found == rte_ipv4_udptcp_cksum(ip, tcp);
}
