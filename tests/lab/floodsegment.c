/* SPDX-License-Identifier: BSD-3-Clause */
#include "floodsegment.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <string.h>

#define PORTS 64000u

/* The sum of 16-bit words, not yet folded. */
static uint64_t
sum_of(const void *bytes, size_t count, uint64_t sum)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i + 1 < count; i += 2)
		sum += (uint64_t)(at[i] << 8 | at[i + 1]);
	return count % 2 ? sum + (uint64_t)(at[count - 1] << 8) : sum;
}

static uint16_t
checksum_of(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* A number that depends on the flow alone (splitmix64), so that all segments of
 * a flow agree and no two flows are alike. */
static uint32_t
mix(uint64_t flow, uint64_t what)
{
	uint64_t x = flow * 4 + what + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(x ^ x >> 31);
}

/* The port of a flow: the one of all flows, or its own. */
static uint16_t
port_of(uint16_t of_all, uint64_t flow, uint64_t what)
{
	return htons(of_all ? of_all
			    : (uint16_t)(1024 + mix(flow, what) % PORTS));
}

/* The flow's address: the prefix and a host that is neither its first nor its
 * last; of an IPv6 prefix the last 32 bits at most differ. */
static void
source_of(const struct floodsegment *common, uint64_t flow, uint8_t *out)
{
	const int bytes = common->family == AF_INET ? 4 : 16;
	const int free_bits = bytes * 8 - common->prefix_bits;
	const uint64_t hosts =
		(UINT64_C(1) << (free_bits < 32 ? free_bits : 32)) - 2;
	uint32_t low;

	memcpy(out, common->prefix, (size_t)bytes);
	memcpy(&low, out + bytes - 4, 4);
	low = htonl(ntohl(low) | (uint32_t)(flow % hosts + 1));
	memcpy(out + bytes - 4, &low, 4);
}

/* The IP header of a segment of so many bytes; returns its size, with the sum
 * of the pseudo-header in *sum. */
static size_t
put_ip(const struct floodsegment *common, uint8_t *at, const uint8_t *source,
       uint16_t tcp_bytes, uint64_t *sum)
{
	struct ip6_hdr six = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons(tcp_bytes),
		.ip6_nxt = IPPROTO_TCP,
		.ip6_hlim = 64,
	};
	struct iphdr four = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(four) + tcp_bytes)),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = IPPROTO_TCP,
	};
	const size_t bytes = common->family == AF_INET ? 4 : 16;

	*sum = sum_of(source, bytes, IPPROTO_TCP + (uint64_t)tcp_bytes);
	*sum = sum_of(common->vip, bytes, *sum);
	if (common->family == AF_INET6) {
		memcpy(&six.ip6_src, source, 16);
		memcpy(&six.ip6_dst, common->vip, 16);
		memcpy(at, &six, sizeof(six));
		return sizeof(six);
	}
	memcpy(&four.saddr, source, 4);
	memcpy(&four.daddr, common->vip, 4);
	four.check = checksum_of(sum_of(&four, sizeof(four), 0));
	memcpy(at, &four, sizeof(four));
	return sizeof(four);
}

size_t
floodsegment_make(const struct floodsegment *common, uint64_t flow,
		  const struct step *step, uint8_t *frame)
{
	uint8_t *at = frame + sizeof(common->ether);
	const uint16_t bytes =
		(uint16_t)(sizeof(struct tcphdr) + step->data_bytes);
	uint8_t source[16];
	uint64_t sum;
	struct tcphdr tcp = {
		.th_sport = port_of(common->source_port, flow, 0),
		.th_dport = port_of(common->port, flow, 3),
		.th_seq = htonl(mix(flow, 1) + (uint32_t)step->offset),
		.th_ack = step->flags & TH_ACK ? htonl(mix(flow, 2)) : 0,
		.th_off = sizeof(tcp) / 4,
		.th_flags = step->flags,
		.th_win = htons(64240),
	};

	source_of(common, flow, source);
	memcpy(frame, &common->ether, sizeof(common->ether));
	at += put_ip(common, at, source, bytes, &sum);
	memset(at + sizeof(tcp), 'x', step->data_bytes);
	sum = sum_of(&tcp, sizeof(tcp), sum);
	sum = sum_of(at + sizeof(tcp), step->data_bytes, sum);
	tcp.th_sum = checksum_of(sum);
	if (step->wrong_sum)
		tcp.th_sum ^= 0x5555;
	memcpy(at, &tcp, sizeof(tcp));
	return (size_t)(at + bytes - frame);
}
