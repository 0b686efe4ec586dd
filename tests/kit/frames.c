/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_udp.h>

#define IP_AT sizeof(struct rte_ether_hdr)

/* The ICMP header, the same in both families. */
struct icmp {
	uint8_t type;
	uint8_t code;
	uint16_t cksum;
	uint32_t rest_be;
} __attribute__((packed));

struct mx_addr
ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct mx_addr){{[10] = 0xff, 0xff, a, b, c, d}};
}

struct mx_addr
ip6(uint16_t first, uint16_t second, uint16_t last)
{
	return (struct mx_addr){
		{(uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(second >> 8),
		 (uint8_t)second, [14] = (uint8_t)(last >> 8), (uint8_t)last}};
}

static void
fill(uint8_t *out, uint16_t bytes, uint32_t seed)
{
	for (uint16_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		out[i] = (uint8_t)(seed >> 24);
	}
}

/* The fields of an IP header besides the addresses. */
struct ip_says {
	uint8_t proto;
	uint8_t ttl;
	uint8_t tos;
	bool made;
	uint16_t payload_bytes;
};

static uint8_t *
put_ip4(uint8_t *out, const struct end *from, const struct end *to,
	const struct ip_says *says)
{
	struct rte_ipv4_hdr *ip = (void *)out;

	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.type_of_service = says->tos,
		.total_length =
			rte_cpu_to_be_16((uint16_t)(20 + says->payload_bytes)),
		.packet_id = says->made ? 0 : RTE_BE16(0x1234),
		.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		.time_to_live = says->ttl == 0 ? 64 : says->ttl,
		.next_proto_id = says->proto,
		.src_addr = mx_addr_to4(&from->ip),
		.dst_addr = mx_addr_to4(&to->ip),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return out + sizeof(*ip);
}

static uint8_t *
put_ip6(uint8_t *out, const struct end *from, const struct end *to,
	const struct ip_says *says)
{
	struct rte_ipv6_hdr *ip = (void *)out;

	*ip = (struct rte_ipv6_hdr){
		.vtc_flow =
			rte_cpu_to_be_32(6u << 28 | (uint32_t)says->tos << 20 |
					 (says->made ? 0 : 0x12345)),
		.payload_len = rte_cpu_to_be_16(says->payload_bytes),
		.proto = says->proto,
		.hop_limits = says->ttl == 0 ? 64 : says->ttl,
	};
	memcpy(&ip->src_addr, &from->ip, 16);
	memcpy(&ip->dst_addr, &to->ip, 16);
	return out + sizeof(*ip);
}

static uint8_t *
put_ip(uint8_t *out, const struct end *from, const struct end *to,
       const struct ip_says *says)
{
	return mx_addr_is4(&from->ip) ? put_ip4(out, from, to, says)
				      : put_ip6(out, from, to, says);
}

/* Write Ethernet and IP headers; returns the place of the payload. */
static uint8_t *
put_headers(uint8_t *out, const struct end *from, const struct end *to,
	    const struct ip_says *says)
{
	struct rte_ether_hdr *ether = (void *)out;

	ether->src_addr = from->mac;
	ether->dst_addr = to->mac;
	ether->ether_type = mx_addr_is4(&from->ip)
				    ? RTE_BE16(RTE_ETHER_TYPE_IPV4)
				    : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	return put_ip(out + IP_AT, from, to, says);
}

bool
frame_is4(const uint8_t *frame)
{
	return ((const struct rte_ether_hdr *)(const void *)frame)
		       ->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4);
}

/* The checksum over a pseudo-header and a payload whose own checksum is
 * zero. */
uint16_t
frame_sum(const uint8_t *frame, const void *payload)
{
	const void *ip = frame + IP_AT;

	return frame_is4(frame) ? rte_ipv4_udptcp_cksum(ip, payload)
				: rte_ipv6_udptcp_cksum(ip, payload);
}

uint16_t
frame_icmp_sum(const uint8_t *frame, const void *payload, uint16_t bytes)
{
	return frame_is4(frame) ? (uint16_t)~rte_raw_cksum(payload, bytes)
				: frame_sum(frame, payload);
}

static uint8_t
icmp_proto(const struct end *end)
{
	return mx_addr_is4(&end->ip) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

uint16_t
frame_tcp(uint8_t *out, const struct segment *segment)
{
	const uint16_t header = (uint16_t)(20 + segment->option_bytes);
	const struct ip_says says = {
		.proto = IPPROTO_TCP,
		.ttl = segment->ttl,
		.tos = segment->tos,
		.made = segment->made,
		.payload_bytes = (uint16_t)(header + segment->payload_bytes),
	};
	uint8_t *at = put_headers(out, &segment->from, &segment->to, &says);
	struct rte_tcp_hdr *tcp = (void *)at;

	*tcp = (struct rte_tcp_hdr){
		.src_port = rte_cpu_to_be_16(segment->from.port),
		.dst_port = rte_cpu_to_be_16(segment->to.port),
		.sent_seq = rte_cpu_to_be_32(segment->seq),
		.recv_ack = rte_cpu_to_be_32(segment->ack),
		.data_off = (uint8_t)(header / 4 << 4),
		.tcp_flags = segment->flags,
		.rx_win = segment->window == 0
				  ? 0xffff
				  : rte_cpu_to_be_16(segment->window),
	};
	memcpy(at + 20, segment->option, segment->option_bytes);
	if (segment->payload != NULL)
		memcpy(at + header, segment->payload, segment->payload_bytes);
	else
		fill(at + header, segment->payload_bytes, segment->seed);
	tcp->cksum = frame_sum(out, tcp);
	return (uint16_t)(at - out + says.payload_bytes);
}

uint16_t
frame_arp(uint8_t *out, const struct end *from, const struct end *to)
{
	struct rte_ether_hdr *ether = (void *)out;
	struct rte_arp_hdr *arp = (void *)(ether + 1);

	ether->src_addr = from->mac;
	memset(&ether->dst_addr, 0xff, sizeof(ether->dst_addr));
	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	*arp = (struct rte_arp_hdr){
		.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
		.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
		.arp_hlen = RTE_ETHER_ADDR_LEN,
		.arp_plen = 4,
		.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
		.arp_data = {.arp_sha = from->mac,
			     .arp_sip = mx_addr_to4(&from->ip),
			     .arp_tip = mx_addr_to4(&to->ip)},
	};
	return (uint16_t)(sizeof(*ether) + sizeof(*arp));
}

uint16_t
frame_echo(uint8_t *out, const struct end *from, const struct end *to,
	   uint16_t payload_bytes)
{
	const struct ip_says says = {
		.proto = icmp_proto(from),
		.payload_bytes = (uint16_t)(8 + payload_bytes),
	};
	uint8_t *at = put_headers(out, from, to, &says);
	struct icmp *icmp = (void *)at;

	*icmp = (struct icmp){
		.type = mx_addr_is4(&from->ip) ? 8 : 128,
		.rest_be = RTE_BE32(0x00070009),
	};
	fill(at + sizeof(*icmp), payload_bytes, 1);
	icmp->cksum = frame_icmp_sum(out, icmp, says.payload_bytes);
	return (uint16_t)(at - out + says.payload_bytes);
}

/* A message of neighbour discovery: the target, and the option with its MAC. */
static uint16_t
put_neighbour(uint8_t *out, const struct end *from, const struct end *to,
	      uint8_t hops, const struct icmp *icmp,
	      const struct mx_addr *target, uint8_t option,
	      const struct rte_ether_addr *mac)
{
	const struct ip_says says = {
		.proto = IPPROTO_ICMPV6,
		.ttl = hops,
		.made = true,
		.payload_bytes = option == 0 ? 24 : 32,
	};
	uint8_t *at = put_headers(out, from, to, &says);

	memcpy(at, icmp, sizeof(*icmp));
	memcpy(at + 8, target, 16);
	if (option != 0) {
		at[24] = option;
		at[25] = 1;
		memcpy(at + 26, mac, 6);
	}
	((struct icmp *)(void *)at)->cksum = frame_sum(out, at);
	return (uint16_t)(at - out + says.payload_bytes);
}

uint16_t
frame_solicit(uint8_t *out, const struct solicitation *ask)
{
	const struct icmp icmp = {.type = 135};
	const uint8_t *ip = ask->target.ip.byte;
	struct end from = ask->from, to = ask->target;

	if (!ask->unicast) {
		to.mac = (struct rte_ether_addr){
			{0x33, 0x33, 0xff, ip[13], ip[14], ip[15]}};
		to.ip = (struct mx_addr){
			{0xff, 0x02, [11] = 1, 0xff, ip[13], ip[14], ip[15]}};
	}
	if (ask->nameless)
		memset(&from.ip, 0, sizeof(from.ip));
	return put_neighbour(out, &from, &to, ask->hops == 0 ? 255 : ask->hops,
			     &icmp, &ask->target.ip, ask->nameless ? 0 : 1,
			     &from.mac);
}

uint16_t
frame_advertise(uint8_t *out, const struct solicitation *ask,
		const struct rte_ether_addr *mac)
{
	const struct icmp icmp = {
		.type = 136,
		.rest_be = ask->nameless ? RTE_BE32(0x20000000)
					 : RTE_BE32(0x60000000),
	};
	struct end from = ask->target, to = ask->from;

	from.mac = *mac;
	if (ask->nameless) {
		to.ip = (struct mx_addr){{0xff, 0x02, [15] = 1}};
		to.mac = (struct rte_ether_addr){{0x33, 0x33, 0, 0, 0, 1}};
	}
	return put_neighbour(out, &from, &to, 255, &icmp, &ask->target.ip, 2,
			     mac);
}

uint16_t
frame_error(uint8_t *out, const struct error *error)
{
	uint8_t inner[FRAME_MAX];
	const uint16_t inner_bytes =
		(uint16_t)(frame_tcp(inner, &error->about) - IP_AT);
	const bool four = mx_addr_is4(&error->about.from.ip);
	const int limit = (four ? 20 : 40) +
			  (error->quote_bytes == 0 ? 512 : error->quote_bytes);
	const uint16_t quoted = (uint16_t)RTE_MIN(inner_bytes, limit);
	const struct ip_says says = {
		.proto = icmp_proto(&error->from),
		.made = error->made,
		.payload_bytes = (uint16_t)(sizeof(struct icmp) + quoted),
	};
	uint8_t *at = put_headers(out, &error->from, &error->to, &says);
	struct icmp *icmp = (void *)at;

	*icmp = (struct icmp){.type = error->type,
			      .code = error->code,
			      .rest_be = rte_cpu_to_be_32(error->mtu)};
	memcpy(icmp + 1, inner + IP_AT, quoted);
	icmp->cksum = frame_icmp_sum(out, icmp, says.payload_bytes);
	return (uint16_t)(at - out + says.payload_bytes);
}

uint16_t
frame_wrap(uint8_t *out, const struct wrapping *wrapping, const uint8_t *inner,
	   uint16_t bytes)
{
	const uint16_t packet = (uint16_t)(bytes - IP_AT);
	const bool udp = wrapping->from.port != 0;
	const struct ip_says says = {
		.proto = udp                ? IPPROTO_UDP
			 : frame_is4(inner) ? IPPROTO_IPIP
					    : IPPROTO_IPV6,
		.tos = wrapping->tos,
		.made = true,
		.payload_bytes = (uint16_t)(packet + (udp ? 8 : 0)),
	};
	uint8_t *at = put_headers(out, &wrapping->from, &wrapping->to, &says);
	struct rte_udp_hdr *header = (void *)at;

	memcpy(udp ? at + 8 : at, inner + IP_AT, packet);
	if (udp) {
		*header = (struct rte_udp_hdr){
			.src_port = rte_cpu_to_be_16(wrapping->from.port),
			.dst_port = rte_cpu_to_be_16(wrapping->to.port),
			.dgram_len = rte_cpu_to_be_16(says.payload_bytes),
		};
		if (!frame_is4(out))
			header->dgram_cksum = frame_sum(out, header);
	}
	return (uint16_t)(at - out + says.payload_bytes);
}
