/* SPDX-License-Identifier: BSD-3-Clause */
#include "asked.h"

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

/* ICMPv6 types of neighbour discovery (RFC 4861 4). */
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136

/* Both messages: type, code, checksum, flags, and the address. */
struct nd_message {
	uint8_t type;
	uint8_t code;
	uint16_t cksum;
	uint32_t flags;
	uint8_t target[16];
};

/* A table, and the hash of what a frame asks or answers. */
struct subject {
	enum { NOTHING, FLOW, NEIGHBOUR } kind;
	uint64_t hash;
};

static const struct subject nothing;

/* At `at` bytes behind the Ethernet header, or NULL. */
static const void *
part(const struct rte_mbuf *frame, uint32_t at, uint32_t bytes)
{
	at += RTE_ETHER_HDR_LEN;
	return rte_pktmbuf_data_len(frame) >= at + bytes
		       ? rte_pktmbuf_mtod_offset(frame, const void *, at)
		       : NULL;
}

/* The neighbour that an ARP packet asks for, or that it tells of. */
static struct subject
subject_of_arp(const struct asked *asked, const struct rte_mbuf *frame,
	       bool asks)
{
	const struct rte_arp_hdr *arp = part(frame, 0, sizeof(*arp));

	if (arp == NULL ||
	    arp->arp_opcode != (asks ? RTE_BE16(RTE_ARP_OP_REQUEST)
				     : RTE_BE16(RTE_ARP_OP_REPLY)))
		return nothing;
	return (struct subject){NEIGHBOUR,
				mx_hash_client4(&asked->key,
						asks ? arp->arp_data.arp_tip
						     : arp->arp_data.arp_sip,
						0)};
}

static struct subject
subject_of_nd(const struct asked *asked, const struct rte_mbuf *frame,
	      bool asks)
{
	const struct nd_message *nd =
		part(frame, sizeof(struct rte_ipv6_hdr), sizeof(*nd));

	if (nd == NULL ||
	    nd->type != (asks ? ND_SOLICITATION : ND_ADVERTISEMENT))
		return nothing;
	return (struct subject){NEIGHBOUR,
				mx_hash_client6(&asked->key, nd->target, 0)};
}

/* The connection of a segment: from our end's hash and from the other's.  The
 * kernel asks by its SYN alone. */
static struct subject
subject_of_tcp(const struct asked *asked, const struct rte_tcp_hdr *tcp,
	       uint64_t ours, uint64_t theirs, bool asks)
{
	const uint8_t opens = RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG;

	if (asks && (tcp->tcp_flags & opens) != RTE_TCP_SYN_FLAG)
		return nothing;
	return (struct subject){FLOW, mx_hash_words(&asked->key, ours, theirs)};
}

static struct subject
subject_of_ip4(const struct asked *asked, const struct rte_mbuf *frame,
	       bool asks)
{
	const struct rte_ipv4_hdr *ip = part(frame, 0, sizeof(*ip));
	const struct rte_tcp_hdr *tcp = part(frame, sizeof(*ip), sizeof(*tcp));

	if (ip == NULL || tcp == NULL || ip->version_ihl != 0x45 ||
	    ip->next_proto_id != IPPROTO_TCP ||
	    (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return nothing;
	const uint64_t from =
		mx_hash_client4(&asked->key, ip->src_addr, tcp->src_port);
	const uint64_t to =
		mx_hash_client4(&asked->key, ip->dst_addr, tcp->dst_port);
	return subject_of_tcp(asked, tcp, asks ? from : to, asks ? to : from,
			      asks);
}

static struct subject
subject_of_ip6(const struct asked *asked, const struct rte_mbuf *frame,
	       bool asks)
{
	const struct rte_ipv6_hdr *ip = part(frame, 0, sizeof(*ip));
	const struct rte_tcp_hdr *tcp = part(frame, sizeof(*ip), sizeof(*tcp));

	if (ip == NULL)
		return nothing;
	if (ip->proto == IPPROTO_ICMPV6)
		return subject_of_nd(asked, frame, asks);
	if (tcp == NULL || ip->proto != IPPROTO_TCP)
		return nothing;
	const uint64_t from =
		mx_hash_client6(&asked->key, &ip->src_addr, tcp->src_port);
	const uint64_t to =
		mx_hash_client6(&asked->key, &ip->dst_addr, tcp->dst_port);
	return subject_of_tcp(asked, tcp, asks ? from : to, asks ? to : from,
			      asks);
}

/* asks: the frame is of the kernel.  Otherwise it is for the kernel. */
static struct subject
subject_of(const struct asked *asked, const struct rte_mbuf *frame, bool asks)
{
	const struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);

	if (rte_pktmbuf_data_len(frame) < sizeof(*ether))
		return nothing;
	switch (ether->ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		return subject_of_arp(asked, frame, asks);
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		return subject_of_ip4(asked, frame, asks);
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		return subject_of_ip6(asked, frame, asks);
	default:
		return nothing;
	}
}

/* Never that of an empty slot. */
static uint32_t
tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

void
asked_note(struct asked *asked, const struct rte_mbuf *frame)
{
	const struct subject is = subject_of(asked, frame, true);
	_Atomic uint32_t *slot;

	if (is.kind == NOTHING)
		return;
	slot = is.kind == FLOW ? &asked->flow[is.hash % ASKED_FLOWS]
			       : &asked->neighbour[is.hash % ASKED_NEIGHBOURS];
	atomic_store_explicit(slot, tag_of(is.hash), memory_order_relaxed);
}

bool
asked_is_answered(const struct asked *asked, const struct rte_mbuf *frame)
{
	const struct subject is = subject_of(asked, frame, false);
	const _Atomic uint32_t *slot;

	if (is.kind == NOTHING)
		return false;
	slot = is.kind == FLOW ? &asked->flow[is.hash % ASKED_FLOWS]
			       : &asked->neighbour[is.hash % ASKED_NEIGHBOURS];
	return atomic_load_explicit(slot, memory_order_relaxed) ==
	       tag_of(is.hash);
}
