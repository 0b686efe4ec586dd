/* SPDX-License-Identifier: BSD-3-Clause */
#include "slow.h"

#include <rte_arp.h>
#include <rte_icmp.h>

#include "forward/checksum.h"

/* The time to live of packets that begin here; RFC 1700. */
#define ECHO_TTL 64

struct arp_frame {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
};

struct echo_frame {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_icmp_hdr icmp;
};

static bool
is_owned(const struct view *view, uint32_t ip_be)
{
	return mx_vip_find4(&view->plan.vips, ip_be, 0)->kind != MX_OWNED_NOT;
}

static enum fate
answer_arp(const struct view *view, struct rte_mbuf *frame,
	   const struct rte_ether_addr *mac, enum mx_drop *why)
{
	struct arp_frame *f = rte_pktmbuf_mtod(frame, struct arp_frame *);

	if (rte_pktmbuf_data_len(frame) < sizeof(*f)) {
		*why = MX_DROP_TRUNCATED;
		return FATE_DROP;
	}
	if (f->arp.arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) ||
	    f->arp.arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
	    f->arp.arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    f->arp.arp_hlen != RTE_ETHER_ADDR_LEN || f->arp.arp_plen != 4 ||
	    !is_owned(view, f->arp.arp_data.arp_tip))
		return FATE_KERNEL;

	const uint32_t ours = f->arp.arp_data.arp_tip;
	f->arp.arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	f->arp.arp_data.arp_tip = f->arp.arp_data.arp_sip;
	f->arp.arp_data.arp_tha = f->arp.arp_data.arp_sha;
	f->arp.arp_data.arp_sip = ours;
	f->arp.arp_data.arp_sha = *mac;
	f->ether.dst_addr = f->arp.arp_data.arp_tha;
	f->ether.src_addr = *mac;
	return FATE_FORWARD;
}

/* Pass 1 has checked the IPv4 header, and that the address is ours. */
static enum fate
answer_echo(struct rte_mbuf *frame, const struct rte_ether_addr *mac,
	    enum mx_drop *why)
{
	struct echo_frame *f = rte_pktmbuf_mtod(frame, struct echo_frame *);

	if (rte_pktmbuf_data_len(frame) < sizeof(*f)) {
		*why = MX_DROP_TRUNCATED;
		return FATE_DROP;
	}
	if (f->icmp.icmp_type != RTE_IP_ICMP_ECHO_REQUEST ||
	    f->icmp.icmp_code != 0) {
		*why = MX_DROP_NOT_TCP;
		return FATE_DROP;
	}

	const uint32_t ours = f->ip.dst_addr;
	f->ip.dst_addr = f->ip.src_addr;
	f->ip.src_addr = ours;
	f->ip.time_to_live = ECHO_TTL;
	f->ip.hdr_checksum = 0;
	f->ip.hdr_checksum = rte_ipv4_cksum(&f->ip);
	f->icmp.icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	f->icmp.icmp_cksum =
		checksum_add(f->icmp.icmp_cksum,
			     checksum_fold(checksum_delta16(
				     RTE_BE16(RTE_IP_ICMP_ECHO_REQUEST << 8),
				     RTE_BE16(RTE_IP_ICMP_ECHO_REPLY << 8))));
	f->ether.dst_addr = f->ether.src_addr;
	f->ether.src_addr = *mac;
	return FATE_FORWARD;
}

enum fate
slow_answer(struct worker *w, const struct view *view, struct rte_mbuf *frame,
	    uint8_t port, enum mx_drop *why)
{
	const struct rte_ether_addr *mac = &w->port[port].mac;
	const struct headers *h = packet_headers(frame);

	if (h->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return answer_arp(view, frame, mac, why);
	return answer_echo(frame, mac, why);
}

void
slow_to_kernel(struct worker *w, struct rte_mbuf *frame)
{
	w->count->to_kernel++;
	rte_pktmbuf_free(frame);
}
