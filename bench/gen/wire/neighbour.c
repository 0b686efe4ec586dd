/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour.h"

#include <arpa/inet.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#define SOLICITATION 135
#define ADVERTISEMENT 136
#define FLAGS_SOLICITED_OVERRIDE 0x60
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2

/* A solicitation or an advertisement with the one option that matters. */
struct discovery {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint8_t flags[4];
	uint8_t target[16];
	uint8_t option;
	uint8_t option_units; /* of 8 bytes */
	struct rte_ether_addr mac;
} __attribute__((packed, aligned(2)));
static_assert(sizeof(struct discovery) == 14 + 40 + 24 + 8, "as on the wire");

struct arp {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
} __attribute__((packed, aligned(2)));

uint16_t
neighbour_add(struct neighbours *hops, const struct neighbour *hop)
{
	for (uint16_t i = 0; i < hops->count; i++)
		if (mx_addr_equal(&hops->hop[i].addr, &hop->addr))
			return i;
	RTE_ASSERT(hops->count < NEIGHBOURS_MAX);
	hops->hop[hops->count] = *hop;
	hops->unknown += !hop->known;
	return hops->count++;
}

/* from, to: sender and receiver of the message; mac, addr: the target's. */
static void
send_arp(struct link *link, uint16_t opcode, const struct neighbour *from,
	 const struct rte_ether_addr *mac, uint32_t addr_be)
{
	static const struct rte_ether_addr everyone = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct rte_mbuf *frame = link_take(link);

	if (frame == NULL)
		return;
	const bool ask = opcode == RTE_ARP_OP_REQUEST;
	struct arp *at = rte_pktmbuf_mtod(frame, struct arp *);
	*at = (struct arp){
		.ether = {.dst_addr = ask ? everyone : *mac,
			  .src_addr = from->own_mac,
			  .ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = 6,
			.arp_plen = 4,
			.arp_opcode = rte_cpu_to_be_16(opcode),
			.arp_data = {.arp_sha = from->own_mac,
				     .arp_sip = mx_addr_to4(&from->own),
				     .arp_tip = addr_be}},
	};
	if (!ask)
		at->arp.arp_data.arp_tha = *mac;
	link_put(link, frame, sizeof(*at));
}

/* dst, mac: the receiver; target: the address in question. */
static void
send_discovery(struct link *link, uint8_t type, const struct neighbour *from,
	       const struct mx_addr *dst, const struct rte_ether_addr *mac)
{
	const bool ask = type == SOLICITATION;
	struct rte_mbuf *frame = link_take(link);

	if (frame == NULL)
		return;
	struct discovery *at = rte_pktmbuf_mtod(frame, struct discovery *);
	*at = (struct discovery){
		.ether = {.dst_addr = *mac,
			  .src_addr = from->own_mac,
			  .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6)},
		.ip = {.vtc_flow = RTE_BE32(6u << 28),
		       .payload_len = RTE_BE16(24 + 8),
		       .proto = IPPROTO_ICMPV6,
		       .hop_limits = 255},
		.type = type,
		.flags = {ask ? 0 : FLAGS_SOLICITED_OVERRIDE},
		.option = ask ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC,
		.option_units = 1,
		.mac = from->own_mac,
	};
	memcpy(&at->ip.src_addr, &from->own, 16);
	memcpy(&at->ip.dst_addr, dst, 16);
	memcpy(at->target, ask ? &from->addr : &from->own, 16);
	at->checksum = rte_ipv6_udptcp_cksum(&at->ip, &at->type);
	link_put(link, frame, sizeof(*at));
}

static void
solicit(struct link *link, const struct neighbour *hop)
{
	/* The solicited-node multicast group of the address (RFC 4291
	 * 2.7.1). */
	struct mx_addr group = {{0xff, 0x02, [11] = 0x01, [12] = 0xff}};
	struct rte_ether_addr mac = {{0x33, 0x33, 0xff}};

	memcpy(&group.byte[13], &hop->addr.byte[13], 3);
	memcpy(&mac.addr_bytes[3], &hop->addr.byte[13], 3);
	send_discovery(link, SOLICITATION, hop, &group, &mac);
}

void
neighbour_ask(const struct neighbours *hops, struct link *link)
{
	for (uint16_t i = 0; i < hops->count; i++) {
		const struct neighbour *hop = &hops->hop[i];

		if (hop->known)
			continue;
		if (mx_addr_is4(&hop->addr))
			send_arp(link, RTE_ARP_OP_REQUEST, hop, NULL,
				 mx_addr_to4(&hop->addr));
		else
			solicit(link, hop);
	}
}

const char *
neighbours_unresolved(const struct neighbours *hops, char text[static 64])
{
	for (uint16_t i = 0; i < hops->count; i++) {
		const struct neighbour *hop = &hops->hop[i];
		const bool four = mx_addr_is4(&hop->addr);

		if (!hop->known)
			return inet_ntop(four ? AF_INET : AF_INET6,
					 &hop->addr.byte[four ? 12 : 0], text,
					 64);
	}
	return NULL;
}

static void
learn(struct neighbours *hops, const struct mx_addr *addr,
      const struct rte_ether_addr *mac)
{
	for (uint16_t i = 0; i < hops->count; i++) {
		struct neighbour *hop = &hops->hop[i];

		if (hop->known || !mx_addr_equal(&hop->addr, addr))
			continue;
		hop->mac = *mac;
		hop->known = true;
		hops->unknown--;
	}
}

static bool
read_arp(struct neighbours *hops, struct link *link, const struct arp *in,
	 neighbour_owns *owns, const void *arg)
{
	const struct rte_arp_ipv4 *data = &in->arp.arp_data;
	struct neighbour self = {.own = mx_addr_from4(data->arp_tip)};
	const struct mx_addr sender = mx_addr_from4(data->arp_sip);

	learn(hops, &sender, &data->arp_sha);
	if (in->arp.arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST) &&
	    owns(arg, &self.own, &self.own_mac))
		send_arp(link, RTE_ARP_OP_REPLY, &self, &data->arp_sha,
			 data->arp_sip);
	return true;
}

static bool
read_discovery(struct neighbours *hops, struct link *link,
	       const struct discovery *in, neighbour_owns *owns,
	       const void *arg)
{
	struct neighbour self = {0};
	struct mx_addr sender;

	memcpy(&self.own, in->target, 16);
	memcpy(&sender, &in->ip.src_addr, 16);
	if (in->type == ADVERTISEMENT && in->option == OPTION_TARGET_MAC) {
		learn(hops, &self.own, &in->mac);
		return true;
	}
	if (in->type != SOLICITATION)
		return false;
	if (owns(arg, &self.own, &self.own_mac))
		send_discovery(link, ADVERTISEMENT, &self, &sender,
			       &in->ether.src_addr);
	return true;
}

bool
neighbour_read(struct neighbours *hops, struct link *link,
	       const struct rte_mbuf *frame, neighbour_owns *owns,
	       const void *arg)
{
	const struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);
	const struct discovery *nd = (const void *)ether;

	if (frame->data_len >= sizeof(struct arp) &&
	    ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return read_arp(hops, link, (const void *)ether, owns, arg);
	if (frame->data_len >= sizeof(*nd) &&
	    ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
	    nd->ip.proto == IPPROTO_ICMPV6)
		return read_discovery(hops, link, nd, owns, arg);
	return false;
}
