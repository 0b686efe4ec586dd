/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "frames.h"

#define IP_AT sizeof(struct rte_ether_hdr)

void
frame_read(const uint8_t *frame, uint16_t bytes, struct segment *segment)
{
	const struct rte_ether_hdr *ether = (const void *)frame;
	const struct rte_ipv4_hdr *four = (const void *)(frame + IP_AT);
	const struct rte_ipv6_hdr *six = (const void *)(frame + IP_AT);
	const uint8_t *at = frame + IP_AT +
			    (frame_is4(frame) ? sizeof(*four) : sizeof(*six));
	const struct rte_tcp_hdr *tcp = (const void *)at;
	const uint8_t header = (uint8_t)(tcp->data_off >> 4 << 2);

	*segment = (struct segment){
		.from = {.mac = ether->src_addr,
			 .port = rte_be_to_cpu_16(tcp->src_port)},
		.to = {.mac = ether->dst_addr,
		       .port = rte_be_to_cpu_16(tcp->dst_port)},
		.flags = tcp->tcp_flags,
		.ttl = frame_is4(frame) ? four->time_to_live : six->hop_limits,
		.seq = rte_be_to_cpu_32(tcp->sent_seq),
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.window = rte_be_to_cpu_16(tcp->rx_win),
		.payload = at + header,
		.payload_bytes = (uint16_t)(bytes - (at - frame) - header),
		.option_bytes = header < sizeof(*tcp)
					? 0
					: (uint8_t)(header - sizeof(*tcp)),
	};
	memcpy(segment->option, tcp + 1, segment->option_bytes);
	if (frame_is4(frame)) {
		segment->from.ip = mx_addr_from4(four->src_addr);
		segment->to.ip = mx_addr_from4(four->dst_addr);
	} else {
		memcpy(&segment->from.ip, &six->src_addr, 16);
		memcpy(&segment->to.ip, &six->dst_addr, 16);
	}
}

/* The place of the payload's checksum in a whole frame, and its right value;
 * NULL if a length is wrong, or for another protocol. */
static uint8_t *
find_sum(uint8_t *frame, uint16_t bytes, uint16_t *right)
{
	const struct rte_ipv4_hdr *four = (void *)(frame + IP_AT);
	const struct rte_ipv6_hdr *six = (void *)(frame + IP_AT);
	const bool is4 = frame_is4(frame);
	const uint16_t header = is4 ? 20 : 40;
	uint8_t *at = frame + IP_AT + header;
	uint16_t found;

	if (bytes < IP_AT + header + 8u)
		return NULL;
	const uint8_t proto = is4 ? four->next_proto_id : six->proto;
	const int rest = is4 ? rte_be_to_cpu_16(four->total_length) - 20
			     : rte_be_to_cpu_16(six->payload_len);
	const bool tcp = proto == IPPROTO_TCP;
	if (!tcp && proto != (is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return NULL;
	if (rest < (tcp ? 20 : 8) || rest > bytes - (at - frame))
		return NULL;
	uint8_t *sum = at + (tcp ? 16 : 2);
	memcpy(&found, sum, 2);
	memset(sum, 0, 2);
	*right = tcp ? frame_sum(frame, at)
		     : frame_icmp_sum(frame, at, (uint16_t)rest);
	memcpy(sum, &found, 2);
	return sum;
}

bool
frame_sums_are_right(const uint8_t *frame, uint16_t bytes)
{
	uint8_t copy[FRAME_MAX];
	uint16_t right;

	memcpy(copy, frame, bytes);
	if (frame_is4(frame) && rte_raw_cksum(copy + IP_AT, 20) != 0xffff)
		return false;
	const uint8_t *sum = find_sum(copy, bytes, &right);
	return sum != NULL && memcmp(sum, &right, 2) == 0;
}

void
frame_mend(uint8_t *frame, uint16_t bytes)
{
	struct rte_ipv4_hdr *ip = (void *)(frame + IP_AT);
	uint16_t right;

	if (bytes < IP_AT + sizeof(*ip))
		return;
	if (frame_is4(frame)) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, sizeof(*ip));
	}
	uint8_t *sum = find_sum(frame, bytes, &right);
	if (sum != NULL)
		memcpy(sum, &right, 2);
}
