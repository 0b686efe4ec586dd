/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment.h"

#define DONT_FRAGMENT RTE_BE16(0x4000)
#define HOPS 64
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2

/* Words as they lie in memory; an odd byte counts as the first of two. */
static uint64_t
sum_bytes(const void *data, uint32_t bytes)
{
	const uint8_t *at = data;
	uint64_t sum = 0;
	uint32_t word;
	uint16_t half = 0;

	for (; bytes >= sizeof(word); bytes -= 4, at += 4) {
		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	if (bytes >= sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		sum += half;
		bytes -= 2;
		at += 2;
	}
	if (bytes > 0) {
		half = 0;
		memcpy(&half, at, 1);
		sum += half;
	}
	return sum;
}

static uint16_t
fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t
segment_sum(const struct conn_key *key)
{
	const uint32_t skip = mx_addr_is4(&key->local) ? 12 : 0;

	return fold(sum_bytes(key->local.byte + skip, 16 - skip) +
		    sum_bytes(key->remote.byte + skip, 16 - skip) +
		    RTE_BE16(IPPROTO_TCP));
}

/* Returns the MSS of a SYN's options, or 0. */
static uint16_t
read_mss(const uint8_t *option, const uint8_t *end)
{
	while (option < end && *option != OPTION_END) {
		if (*option == OPTION_NOP) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] < 2 ||
		    option[1] > end - option)
			return 0;
		if (*option == OPTION_MSS && option[1] == 4)
			return (uint16_t)(option[2] << 8 | option[3]);
		option += option[1];
	}
	return 0;
}

static enum segment_kind
read_tcp(const uint8_t *at, uint32_t bytes, uint64_t sum,
	 struct segment *segment)
{
	const struct rte_tcp_hdr *tcp = (const void *)at;
	const uint32_t head = (uint32_t)(tcp->data_off >> 4) * 4;

	if (bytes < sizeof(*tcp) || head < sizeof(*tcp) || head > bytes)
		return SEGMENT_DAMAGED;
	sum += sum_bytes(at, bytes) + RTE_BE16(IPPROTO_TCP) +
	       rte_cpu_to_be_16((uint16_t)bytes);
	if (fold(sum) != 0xffff)
		return SEGMENT_DAMAGED;
	segment->key.local_port_be = tcp->dst_port;
	segment->key.remote_port_be = tcp->src_port;
	segment->seq = rte_be_to_cpu_32(tcp->sent_seq);
	segment->ack = rte_be_to_cpu_32(tcp->recv_ack);
	segment->flags = tcp->tcp_flags;
	segment->window = rte_be_to_cpu_16(tcp->rx_win);
	segment->payload = at + head;
	segment->bytes = bytes - head;
	segment->mss = tcp->tcp_flags & SEGMENT_SYN
			       ? read_mss(at + sizeof(*tcp), at + head)
			       : 0;
	return SEGMENT_READ;
}

static enum segment_kind
read4(const uint8_t *at, uint32_t bytes, struct segment *segment)
{
	const struct rte_ipv4_hdr *ip = (const void *)at;

	if (bytes < sizeof(*ip) || ip->version_ihl != 0x45 ||
	    ip->next_proto_id != IPPROTO_TCP ||
	    (ip->fragment_offset & ~DONT_FRAGMENT) != 0)
		return SEGMENT_OTHER;
	const uint32_t total = rte_be_to_cpu_16(ip->total_length);
	if (total < sizeof(*ip) || total > bytes ||
	    fold(sum_bytes(ip, sizeof(*ip))) != 0xffff)
		return SEGMENT_DAMAGED;
	segment->key.local = mx_addr_from4(ip->dst_addr);
	segment->key.remote = mx_addr_from4(ip->src_addr);
	return read_tcp(at + sizeof(*ip), total - (uint32_t)sizeof(*ip),
			sum_bytes(&ip->src_addr, 8), segment);
}

static enum segment_kind
read6(const uint8_t *at, uint32_t bytes, struct segment *segment)
{
	const struct rte_ipv6_hdr *ip = (const void *)at;

	if (bytes < sizeof(*ip) || ip->proto != IPPROTO_TCP)
		return SEGMENT_OTHER;
	const uint32_t payload = rte_be_to_cpu_16(ip->payload_len);
	if (payload > bytes - sizeof(*ip))
		return SEGMENT_DAMAGED;
	memcpy(&segment->key.local, &ip->dst_addr, 16);
	memcpy(&segment->key.remote, &ip->src_addr, 16);
	return read_tcp(at + sizeof(*ip), payload, sum_bytes(&ip->src_addr, 32),
			segment);
}

enum segment_kind
segment_read(const struct rte_mbuf *frame, struct segment *segment)
{
	const struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);
	const uint8_t *ip = (const uint8_t *)(ether + 1);

	if (frame->data_len < sizeof(*ether) || frame->nb_segs != 1)
		return SEGMENT_OTHER;
	const uint32_t bytes = frame->data_len - (uint32_t)sizeof(*ether);
	segment->ether = ether;
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return read4(ip, bytes, segment);
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return read6(ip, bytes, segment);
	return SEGMENT_OTHER;
}

static void
finish4(struct rte_ipv4_hdr *ip, const struct segment_head *head,
	uint16_t tcp_bytes)
{
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length =
			rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + tcp_bytes)),
		.fragment_offset = DONT_FRAGMENT,
		.time_to_live = HOPS,
		.next_proto_id = IPPROTO_TCP,
		.src_addr = mx_addr_to4(&head->key->local),
		.dst_addr = mx_addr_to4(&head->key->remote),
	};
	/* The pseudo header has the addresses, and its protocol too. */
	ip->hdr_checksum = (uint16_t)~fold((uint64_t)head->sum +
					   RTE_BE16(0x4500) + ip->total_length +
					   DONT_FRAGMENT + RTE_BE16(HOPS << 8));
}

static void
finish6(struct rte_ipv6_hdr *ip, const struct segment_head *head,
	uint16_t tcp_bytes)
{
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16(tcp_bytes);
	ip->proto = IPPROTO_TCP;
	ip->hop_limits = HOPS;
	memcpy(&ip->src_addr, &head->key->local, 16);
	memcpy(&ip->dst_addr, &head->key->remote, 16);
}

static void
finish_tcp(struct rte_tcp_hdr *tcp, const struct segment_head *head,
	   uint16_t tcp_bytes)
{
	uint8_t *option = (uint8_t *)(tcp + 1);
	const uint32_t options = head->mss != 0 ? 4 : 0;

	*tcp = (struct rte_tcp_hdr){
		.src_port = head->key->local_port_be,
		.dst_port = head->key->remote_port_be,
		.sent_seq = rte_cpu_to_be_32(head->seq),
		.recv_ack = rte_cpu_to_be_32(head->ack),
		.data_off = (uint8_t)((sizeof(*tcp) + options) / 4 << 4),
		.tcp_flags = head->flags,
		.rx_win = RTE_BE16(SEGMENT_WINDOW),
	};
	if (options != 0) {
		option[0] = OPTION_MSS;
		option[1] = 4;
		option[2] = (uint8_t)(head->mss >> 8);
		option[3] = (uint8_t)head->mss;
	}
	tcp->cksum = (uint16_t)~fold(head->sum + sum_bytes(tcp, tcp_bytes) +
				     rte_cpu_to_be_16(tcp_bytes));
}

uint16_t
segment_finish(uint8_t *frame, const struct segment_head *head)
{
	struct rte_ether_hdr *ether = (void *)frame;
	void *ip = ether + 1;
	const bool four = mx_addr_is4(&head->key->local);
	const uint16_t ip_bytes = four ? sizeof(struct rte_ipv4_hdr)
				       : sizeof(struct rte_ipv6_hdr);
	const uint16_t tcp_bytes =
		(uint16_t)(sizeof(struct rte_tcp_hdr) + head->bytes +
			   (head->mss != 0 ? 4 : 0));

	ether->dst_addr = head->dst;
	ether->src_addr = head->src;
	if (four) {
		ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
		finish4(ip, head, tcp_bytes);
	} else {
		ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
		finish6(ip, head, tcp_bytes);
	}
	finish_tcp((void *)((uint8_t *)ip + ip_bytes), head, tcp_bytes);
	return (uint16_t)(sizeof(*ether) + ip_bytes + tcp_bytes);
}
