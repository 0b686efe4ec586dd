/* SPDX-License-Identifier: BSD-3-Clause */
#include "slow.h"

#include <rte_icmp.h>

#include "checksum.h"
#include "icmp.h"
#include "neighbour.h"

/* The time to live of packets that begin here; RFC 1700. */
#define ECHO_TTL 64

/* ICMP types (RFC 792).  DPDK 24.11 renamed its own. */
enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO_REQUEST = 8,
};

/* ICMPv6 types (RFC 4443 4). */
enum {
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
};

struct echo_frame {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_icmp_hdr icmp;
};

struct echo6_frame {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	struct rte_icmp_hdr icmp;
};

static enum verdict
drop(struct packet_info *info, enum mx_drop why)
{
	info->why = (uint8_t)why;
	return VERDICT_DROP;
}

/* Send the frame, which is an answer now, back to its sender. */
static enum verdict
send_back(struct worker *w, struct rte_mbuf *frame, uint8_t port)
{
	struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, struct rte_ether_hdr *);

	ether->dst_addr = ether->src_addr;
	ether->src_addr = w->port[port].mac;
	w->count->answered++;
	worker_send(w, frame, port);
	return VERDICT_FORWARD;
}

static bool
is_owned(const struct active_plan *active, const struct mx_addr *addr)
{
	return mx_owned_find(&active->plan.owned, addr, 0)->kind !=
	       MX_OWNED_NOT;
}

static bool
is_told(const struct active_plan *active, const struct mx_addr *addr)
{
	return mx_owned_is_told(mx_owned_find(&active->plan.owned, addr, 0));
}

static void
answer_echo(struct echo_frame *f)
{
	const uint32_t ours = f->ip.dst_addr;

	f->ip.dst_addr = f->ip.src_addr;
	f->ip.src_addr = ours;
	f->ip.time_to_live = ECHO_TTL;
	f->ip.hdr_checksum = 0;
	f->ip.hdr_checksum = rte_ipv4_cksum(&f->ip);
	f->icmp.icmp_type = ICMP4_ECHO_REPLY;
	f->icmp.icmp_cksum = checksum_add(
		f->icmp.icmp_cksum, checksum_fold(checksum_delta16(
					    RTE_BE16(ICMP4_ECHO_REQUEST << 8),
					    RTE_BE16(ICMP4_ECHO_REPLY << 8))));
	/* A message of zeros alone has the sum +0, and so the checksum -0,
	 * which no update results in (RFC 1624 3).  With a pseudo-header the
	 * sum is never +0. */
	const uint32_t bytes =
		rte_be_to_cpu_16(f->ip.total_length) - (uint32_t)sizeof(f->ip);
	if (f->icmp.icmp_cksum == 0 && rte_raw_cksum(&f->icmp, bytes) == 0)
		f->icmp.icmp_cksum = UINT16_MAX;
}

static void
answer_echo6(struct echo6_frame *f)
{
	uint8_t ours[16];

	memcpy(ours, &f->ip.dst_addr, sizeof(ours));
	memcpy(&f->ip.dst_addr, &f->ip.src_addr, sizeof(ours));
	memcpy(&f->ip.src_addr, ours, sizeof(ours));
	f->ip.hop_limits = ECHO_TTL;
	f->icmp.icmp_type = ICMP6_ECHO_REPLY;
	f->icmp.icmp_cksum = checksum_add(
		f->icmp.icmp_cksum, checksum_fold(checksum_delta16(
					    RTE_BE16(ICMP6_ECHO_REQUEST << 8),
					    RTE_BE16(ICMP6_ECHO_REPLY << 8))));
}

/* ICMP to an IPv4 address of ours, or from a nat backend to a client. */
static enum verdict
answer_icmp(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, uint8_t port, struct packet_info *info)
{
	struct echo_frame *f = rte_pktmbuf_mtod(frame, struct echo_frame *);
	const struct mx_addr to = mx_addr_from4(f->ip.dst_addr);
	const bool ours = is_owned(active, &to);

	if (rte_pktmbuf_data_len(frame) < sizeof(*f))
		return ours ? drop(info, MX_DROP_TRUNCATED) : VERDICT_KERNEL;
	if (f->icmp.icmp_type != ICMP4_ECHO_REQUEST)
		return icmp_error(w, active, frame, info);
	if (!is_told(active, &to))
		return VERDICT_KERNEL;
	answer_echo(f);
	return send_back(w, frame, port);
}

/* The same of IPv6; also what was sent to a multicast address. */
static enum verdict
answer_icmp6(struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, uint8_t port, struct packet_info *info)
{
	struct echo6_frame *f = rte_pktmbuf_mtod(frame, struct echo6_frame *);
	struct mx_addr to;

	if (rte_pktmbuf_data_len(frame) < sizeof(*f) ||
	    f->ip.proto != IPPROTO_ICMPV6)
		return VERDICT_KERNEL;
	if (neighbour_nd(w, active, frame, port) == VERDICT_FORWARD)
		return VERDICT_FORWARD;
	/* No other multicast or broadcast frame is for us. */
	if (rte_is_multicast_ether_addr(&f->ether.dst_addr))
		return VERDICT_KERNEL;
	memcpy(&to, &f->ip.dst_addr, sizeof(to));
	if (f->icmp.icmp_type != ICMP6_ECHO_REQUEST)
		return icmp_error(w, active, frame, info);
	if (!is_told(active, &to))
		return VERDICT_KERNEL;
	answer_echo6(f);
	return send_back(w, frame, port);
}

enum verdict
slow_answer(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, uint8_t port, struct packet_info *info)
{
	switch (rte_be_to_cpu_16(packet_headers(frame)->ether.ether_type)) {
	case RTE_ETHER_TYPE_ARP:
		return neighbour_arp(w, active, frame, port, info);
	case RTE_ETHER_TYPE_IPV6:
		return answer_icmp6(w, active, frame, port, info);
	default:
		return answer_icmp(w, active, frame, port, info);
	}
}
