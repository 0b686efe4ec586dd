/* SPDX-License-Identifier: BSD-3-Clause */
#include "icmpmsg.h"

#include <string.h>

#include "maker.h"
#include "packet.h"
#include "translate.h"

/* IPv6 carries packets this large everywhere (RFC 8200 5). */
#define MTU6_MIN 1280u

/* Both families' ICMP errors begin with these 8 bytes, at an even address. */
struct error_header {
	uint8_t type;
	uint8_t code;
	uint16_t cksum;
	union {
		uint32_t mtu6_be;
		struct {
			uint16_t unused;
			uint16_t mtu4_be;
		};
	};
} __attribute__((packed, aligned(2)));
static_assert(sizeof(struct error_header) == 8, "as on the wire");

/* Which errors are passed on, and what they are in the other family.  Several
 * of one family may be one of the other: the first row of each counts. */
static const struct {
	uint8_t type4, code4, type6, code6;
} meaning[] = {
	{3, 1, 1, 0},  /* host unreachable      no route */
	{3, 0, 1, 0},  /* net unreachable */
	{3, 10, 1, 1}, /* host prohibited       administratively prohibited */
	{3, 9, 1, 1},  /* net prohibited */
	{3, 13, 1, 1}, /* prohibited */
	{3, 1, 1, 2},  /*                       beyond scope */
	{3, 1, 1, 3},  /*                       address unreachable */
	{3, 3, 1, 4},  /* port unreachable      port unreachable */
	{3, 2, 1, 4},  /* protocol unreachable */
	{3, 13, 1, 5}, /*                       source address policy */
	{3, 13, 1, 6}, /*                       reject route */
	{3, 4, 2, 0},  /* fragmentation needed  packet too big */
	{3, 5, 1, 0},  /* source route failed */
	{3, 6, 1, 0},  /* net unknown */
	{3, 7, 1, 0},  /* host unknown */
	{3, 8, 1, 0},  /* host isolated */
	{3, 11, 1, 0}, /* net unreachable for service */
	{3, 12, 1, 0}, /* host unreachable for service */
	{11, 0, 3, 0}, /* time exceeded         time exceeded */
};

static int
meaning_of(const struct icmp_error *error)
{
	for (size_t i = 0; i < RTE_DIM(meaning); i++)
		if (error->six ? meaning[i].type6 == error->type &&
					 meaning[i].code6 == error->code
			       : meaning[i].type4 == error->type &&
					 meaning[i].code4 == error->code)
			return (int)i;
	return -1;
}

static bool
is_too_big(const struct icmp_error *error)
{
	return error->six ? error->type == 2
			  : error->type == 3 && error->code == 4;
}

/* The inner packet: an IP header that is whole, then the first bytes of TCP. */
static bool
read_inner(struct icmp_error *error, const uint8_t *at, uint32_t bytes)
{
	uint32_t ip_bytes;
	uint8_t proto;

	if (error->six) {
		const struct rte_ipv6_hdr *ip = (const void *)at;
		ip_bytes = sizeof(*ip);
		if (bytes < ip_bytes + ICMP_QUOTE_MIN)
			return false;
		proto = ip->proto;
		memcpy(&error->flow.src, &ip->src_addr, 16);
		memcpy(&error->flow.dst, &ip->dst_addr, 16);
		error->tos = (uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> 20);
		error->ttl = ip->hop_limits;
		error->payload_bytes = rte_be_to_cpu_16(ip->payload_len);
	} else {
		const struct rte_ipv4_hdr *ip = (const void *)at;
		ip_bytes = sizeof(*ip);
		if (bytes < ip_bytes + ICMP_QUOTE_MIN ||
		    ip->version_ihl != 0x45)
			return false;
		proto = ip->next_proto_id;
		error->flow.src = mx_addr_from4(ip->src_addr);
		error->flow.dst = mx_addr_from4(ip->dst_addr);
		error->tos = ip->type_of_service;
		error->ttl = ip->time_to_live;
		error->payload_bytes =
			(uint16_t)(rte_be_to_cpu_16(ip->total_length) -
				   ip_bytes);
	}
	/* IPv6 with IPv4 addresses inside is a lie; see read_is_mapped(). */
	if (proto != IPPROTO_TCP ||
	    mx_addr_is4(&error->flow.src) == error->six ||
	    mx_addr_is4(&error->flow.dst) == error->six)
		return false;
	error->quote_bytes =
		(uint16_t)RTE_MIN(bytes - ip_bytes, ICMP_QUOTE_MAX);
	memcpy(error->quote, at + ip_bytes, error->quote_bytes);
	memcpy(&error->flow.src_port_be, error->quote, 2);
	memcpy(&error->flow.dst_port_be, error->quote + 2, 2);
	return true;
}

/* The ICMP message of a frame whose IP header is whole; NULL if it is cut off,
 * or its checksum wrong. */
static const struct error_header *
find_message(struct rte_mbuf *frame, bool six, uint32_t *bytes)
{
	const uint32_t there =
		rte_pktmbuf_data_len(frame) - (uint32_t)RTE_ETHER_HDR_LEN;

	if (six) {
		const struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;
		*bytes = rte_be_to_cpu_16(ip->payload_len);
		if (*bytes < sizeof(struct error_header) ||
		    *bytes + sizeof(*ip) > there ||
		    !checksum_is_right6(ip, ip + 1))
			return NULL;
		return (const void *)(ip + 1);
	}
	const struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
	const uint32_t total = rte_be_to_cpu_16(ip->total_length);
	if (ip->version_ihl != 0x45 || total > there ||
	    total < sizeof(*ip) + sizeof(struct error_header))
		return NULL;
	*bytes = total - (uint32_t)sizeof(*ip);
	return rte_raw_cksum(ip + 1, *bytes) == 0xffff ? (const void *)(ip + 1)
						       : NULL;
}

/* Who tells whom. */
static void
read_ends(struct icmp_error *error, struct rte_mbuf *frame)
{
	if (error->six) {
		const struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;
		memcpy(&error->teller, &ip->src_addr, sizeof(error->teller));
		memcpy(&error->told, &ip->dst_addr, sizeof(error->told));
		return;
	}
	const struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
	error->teller = mx_addr_from4(ip->src_addr);
	error->told = mx_addr_from4(ip->dst_addr);
}

bool
icmp_error_read(struct icmp_error *error, struct rte_mbuf *frame)
{
	uint32_t bytes;

	error->six = packet_headers(frame)->ether.ether_type ==
		     RTE_BE16(RTE_ETHER_TYPE_IPV6);
	read_ends(error, frame);
	const struct error_header *message =
		find_message(frame, error->six, &bytes);
	if (message == NULL)
		return false;
	error->mtu = error->six ? rte_be_to_cpu_32(message->mtu6_be)
				: rte_be_to_cpu_16(message->mtu4_be);
	error->type = message->type;
	error->code = message->code;
	return meaning_of(error) >= 0 &&
	       read_inner(error, (const uint8_t *)(message + 1),
			  bytes - (uint32_t)sizeof(*message)) &&
	       mx_addr_equal(&error->flow.src, &error->told);
}

void
icmp_error_about(struct icmp_error *error, struct rte_mbuf *frame,
		 uint32_t ip_bytes, uint32_t mtu)
{
	const uint32_t there =
		rte_pktmbuf_data_len(frame) - (uint32_t)RTE_ETHER_HDR_LEN;
	const uint8_t *ip = rte_pktmbuf_mtod_offset(frame, const uint8_t *,
						    RTE_ETHER_HDR_LEN);

	error->six = ip_bytes == sizeof(struct rte_ipv6_hdr);
	error->type = error->six ? 2 : 3;
	error->code = error->six ? 0 : 4;
	error->mtu = mtu;
	read_inner(error, ip, there);
	error->teller = error->flow.dst;
	error->told = error->flow.src;
}

/* Does a quoted segment acknowledge anything?  A quote may end before its
 * flags. */
static bool
has_ack(const struct rte_tcp_hdr *tcp, size_t there)
{
	return there <= offsetof(struct rte_tcp_hdr, tcp_flags) ||
	       tcp->tcp_flags & RTE_TCP_ACK_FLAG;
}

void
icmp_error_undo(struct icmp_error *error, const struct mx_flow *flow,
		uint32_t shift, uint32_t ack_shift, uint16_t delta)
{
	struct rte_tcp_hdr tcp = {0};
	const size_t there = RTE_MIN(sizeof(tcp), error->quote_bytes);

	memcpy(&tcp, error->quote, there);
	const uint32_t seq_be = tcp.sent_seq;
	const uint32_t ack_be = tcp.recv_ack;
	tcp.src_port = flow->src_port_be;
	tcp.dst_port = flow->dst_port_be;
	tcp.sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(seq_be) - shift);
	if (has_ack(&tcp, there))
		tcp.recv_ack =
			rte_cpu_to_be_32(rte_be_to_cpu_32(ack_be) + ack_shift);
	tcp.cksum = checksum_add(
		tcp.cksum,
		checksum_fold(delta + checksum_delta32(seq_be, tcp.sent_seq) +
			      checksum_delta32(ack_be, tcp.recv_ack)));
	memcpy(error->quote, &tcp, there);
	error->flow = *flow;
}

/* The next-hop MTU in terms of the other family.  0 comes from an old router,
 * which does not tell it (RFC 1191 4).  An MTU below IPv6's minimum is forged.
 */
static uint32_t
translate_mtu(uint32_t mtu, bool six)
{
	if (six)
		return RTE_MAX(mtu + TRANSLATE_BYTES, MTU6_MIN);
	return RTE_MIN(RTE_MAX(mtu, MTU6_MIN) - TRANSLATE_BYTES,
		       (uint32_t)UINT16_MAX);
}

void
icmp_error_translate(struct icmp_error *error, bool six)
{
	if (error->six == six)
		return;
	const int row = meaning_of(error);
	if (is_too_big(error))
		error->mtu = translate_mtu(error->mtu, six);
	error->six = six;
	error->type = six ? meaning[row].type6 : meaning[row].type4;
	error->code = six ? meaning[row].code6 : meaning[row].code4;
}

void
icmp_error_write(struct rte_mbuf *frame, const struct icmp_error *error)
{
	const uint32_t ip_bytes = error->six ? sizeof(struct rte_ipv6_hdr)
					     : sizeof(struct rte_ipv4_hdr);
	struct error_header *message = maker_icmp(
		frame, &error->teller, &error->told,
		(uint32_t)sizeof(*message) + ip_bytes + error->quote_bytes);
	uint8_t *inner = (uint8_t *)(message + 1);

	*message =
		(struct error_header){.type = error->type, .code = error->code};
	if (error->six) {
		message->mtu6_be = rte_cpu_to_be_32(error->mtu);
		translate_fill6((void *)inner, &error->flow.src,
				&error->flow.dst, error->tos, error->ttl,
				IPPROTO_TCP, error->payload_bytes);
	} else {
		message->mtu4_be = rte_cpu_to_be_16((uint16_t)error->mtu);
		translate_fill4((void *)inner, mx_addr_to4(&error->flow.src),
				mx_addr_to4(&error->flow.dst), error->tos,
				error->ttl, IPPROTO_TCP, error->payload_bytes);
	}
	memcpy(inner + ip_bytes, error->quote, error->quote_bytes);
}
