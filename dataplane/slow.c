/* SPDX-License-Identifier: BSD-3-Clause */
#include "slow.h"

#include <rte_arp.h>
#include <rte_icmp.h>

#include "forward/checksum.h"
#include "icmp.h"

/* The time to live of packets that begin here; RFC 1700. */
#define ECHO_TTL 64

/* ICMP types (RFC 792).  DPDK 24.11 renamed its own. */
enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO_REQUEST = 8,
};

/* ICMPv6 types (RFC 4443 4, RFC 4861 4). */
enum {
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_SOLICITATION = 135,
	ICMP6_ADVERTISEMENT = 136,
};

#define ND_HOPS 255 /* what comes from farther is forged */
#define ND_SOLICITED 0x40
#define ND_OVERRIDE 0x20
#define ND_TARGET_MAC 2 /* the option that carries it */

struct arp_frame {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
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

/* A neighbour solicitation or advertisement; the option is the answer's. */
struct nd_frame {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	uint8_t type;
	uint8_t code;
	uint16_t cksum;
	uint8_t flags;
	uint8_t reserved[3];
	struct mx_addr target;
	uint8_t option;
	uint8_t option_words;
	struct rte_ether_addr mac;
};
static_assert(sizeof(struct nd_frame) == 14 + 40 + 32, "as on the wire");

#define ND_ASKED_BYTES offsetof(struct nd_frame, option)

static enum fate
drop(struct packet_info *info, enum mx_drop why)
{
	info->why = (uint8_t)why;
	return FATE_DROP;
}

/* The frame is now an answer: back where it came from. */
static enum fate
send_back(struct worker *w, struct rte_mbuf *frame, uint8_t port)
{
	struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, struct rte_ether_hdr *);

	ether->dst_addr = ether->src_addr;
	ether->src_addr = w->port[port].mac;
	w->count->answered++;
	worker_send(w, frame, port);
	return FATE_FORWARD;
}

static bool
is_owned(const struct view *view, const struct mx_addr *addr)
{
	return mx_vip_find(&view->plan.vips, addr, 0)->kind != MX_OWNED_NOT;
}

static enum fate
answer_arp(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	   uint8_t port, struct packet_info *info)
{
	struct arp_frame *f = rte_pktmbuf_mtod(frame, struct arp_frame *);

	if (rte_pktmbuf_data_len(frame) < sizeof(*f))
		return drop(info, MX_DROP_TRUNCATED);
	const struct mx_addr target = mx_addr_from4(f->arp.arp_data.arp_tip);
	if (f->arp.arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) ||
	    f->arp.arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
	    f->arp.arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    f->arp.arp_hlen != RTE_ETHER_ADDR_LEN || f->arp.arp_plen != 4 ||
	    !is_owned(view, &target))
		return FATE_KERNEL;

	f->arp.arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	f->arp.arp_data.arp_tip = f->arp.arp_data.arp_sip;
	f->arp.arp_data.arp_tha = f->arp.arp_data.arp_sha;
	f->arp.arp_data.arp_sip = mx_addr_to4(&target);
	f->arp.arp_data.arp_sha = w->port[port].mac;
	return send_back(w, frame, port);
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

/* Is it a solicitation worth an answer (RFC 4861 7.1.1)? */
static bool
is_solicitation(const struct view *view, struct rte_mbuf *frame)
{
	const struct nd_frame *f = rte_pktmbuf_mtod(frame, struct nd_frame *);
	const uint32_t there = rte_pktmbuf_data_len(frame) -
			       (uint32_t)(sizeof(f->ether) + sizeof(f->ip));

	return rte_pktmbuf_data_len(frame) >= ND_ASKED_BYTES &&
	       f->type == ICMP6_SOLICITATION && f->code == 0 &&
	       f->ip.hop_limits == ND_HOPS && !mx_addr_is4(&f->target) &&
	       is_owned(view, &f->target) &&
	       rte_be_to_cpu_16(f->ip.payload_len) <= there &&
	       rte_be_to_cpu_16(f->ip.payload_len) >= 24 &&
	       checksum_is_right6(&f->ip, &f->type);
}

/* Who asks from no address yet wants to know whether ours is free: all nodes
 * are told that it is not (RFC 4862 5.4.3). */
static enum fate
answer_solicitation(struct worker *w, struct rte_mbuf *frame, uint8_t port)
{
	static const uint8_t nobody[16];
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
	static const struct rte_ether_addr all_nodes_mac = {
		{0x33, 0x33, [5] = 1}};
	const uint32_t bytes = (uint32_t)sizeof(struct nd_frame);
	const uint32_t there = rte_pktmbuf_data_len(frame);

	if (there < bytes)
		rte_pktmbuf_append(frame, (uint16_t)(bytes - there));
	else
		rte_pktmbuf_trim(frame, (uint16_t)(there - bytes));
	struct nd_frame *f = rte_pktmbuf_mtod(frame, struct nd_frame *);
	const bool checks = memcmp(&f->ip.src_addr, nobody, 16) == 0;

	if (checks)
		memcpy(&f->ip.dst_addr, all_nodes, 16);
	else
		memcpy(&f->ip.dst_addr, &f->ip.src_addr, 16);
	memcpy(&f->ip.src_addr, &f->target, 16);
	f->ip.vtc_flow = RTE_BE32(6u << 28);
	f->ip.payload_len = rte_cpu_to_be_16(
		(uint16_t)(bytes - sizeof(f->ether) - sizeof(f->ip)));
	f->type = ICMP6_ADVERTISEMENT;
	f->flags = ND_OVERRIDE | (checks ? 0 : ND_SOLICITED);
	memset(f->reserved, 0, sizeof(f->reserved));
	f->option = ND_TARGET_MAC;
	f->option_words = 1;
	f->mac = w->port[port].mac;
	f->cksum = 0;
	f->cksum = rte_ipv6_udptcp_cksum(&f->ip, &f->type);
	if (checks)
		f->ether.src_addr = all_nodes_mac; /* where it goes back to */
	return send_back(w, frame, port);
}

/* ICMP to an IPv4 address of ours, or past us to a nat session's client. */
static enum fate
answer_icmp(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	    uint8_t port, struct packet_info *info)
{
	struct echo_frame *f = rte_pktmbuf_mtod(frame, struct echo_frame *);
	const struct mx_addr to = mx_addr_from4(f->ip.dst_addr);
	const bool ours = is_owned(view, &to);

	if (rte_pktmbuf_data_len(frame) < sizeof(*f))
		return ours ? drop(info, MX_DROP_TRUNCATED) : FATE_KERNEL;
	if (f->icmp.icmp_type != ICMP4_ECHO_REQUEST)
		return icmp_error(w, view, frame, port, info);
	if (!ours)
		return FATE_KERNEL;
	answer_echo(f);
	return send_back(w, frame, port);
}

/* The same of IPv6; also what was sent to a multicast address. */
static enum fate
answer_icmp6(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	     uint8_t port, struct packet_info *info)
{
	struct echo6_frame *f = rte_pktmbuf_mtod(frame, struct echo6_frame *);
	struct mx_addr to;

	if (rte_pktmbuf_data_len(frame) < sizeof(*f) ||
	    f->ip.proto != IPPROTO_ICMPV6)
		return FATE_KERNEL;
	if (is_solicitation(view, frame))
		return answer_solicitation(w, frame, port);
	/* Nothing else that was sent to many is for us. */
	if (rte_is_multicast_ether_addr(&f->ether.dst_addr))
		return FATE_KERNEL;
	memcpy(&to, &f->ip.dst_addr, sizeof(to));
	if (f->icmp.icmp_type != ICMP6_ECHO_REQUEST)
		return icmp_error(w, view, frame, port, info);
	if (!is_owned(view, &to))
		return FATE_KERNEL;
	answer_echo6(f);
	return send_back(w, frame, port);
}

enum fate
slow_answer(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	    uint8_t port, struct packet_info *info)
{
	switch (rte_be_to_cpu_16(packet_headers(frame)->ether.ether_type)) {
	case RTE_ETHER_TYPE_ARP:
		return answer_arp(w, view, frame, port, info);
	case RTE_ETHER_TYPE_IPV6:
		return answer_icmp6(w, view, frame, port, info);
	default:
		return answer_icmp(w, view, frame, port, info);
	}
}

void
slow_to_kernel(struct worker *w, struct rte_mbuf *frame)
{
	w->count->to_kernel++;
	rte_pktmbuf_free(frame);
}
