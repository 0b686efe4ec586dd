/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour.h"

#include <rte_arp.h>

#include "checksum.h"
#include "maker.h"

/* ICMPv6 types and other numbers of RFC 4861 4. */
enum {
	ND_SOLICITATION = 135,
	ND_ADVERTISEMENT = 136,
	ND_SOURCE_MAC = 1, /* options */
	ND_TARGET_MAC = 2,
	ND_SOLICITED = 0x40,
	ND_OVERRIDE = 0x20,
	ND_HOPS = 255, /* what comes from farther is forged */
};

struct arp_frame {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
};

/* A solicitation or an advertisement; the option is the answer's. */
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
#define ND_MESSAGE_BYTES                                                       \
	((uint16_t)(ND_ASKED_BYTES - offsetof(struct nd_frame, type)))
#define ND_OPTION_BYTES 8u

static const struct mx_addr nobody;
static const struct mx_addr all_nodes = {{0xff, 0x02, [15] = 1}};
static const struct rte_ether_addr all_nodes_mac = {{0x33, 0x33, [5] = 1}};
static const struct rte_ether_addr everybody = {
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* A peer's address is not: the peer answers for it, and may claim it. */
static bool
is_ours(const struct active_plan *active, const struct mx_addr *addr)
{
	return mx_owned_is_told(mx_owned_find(&active->plan.owned, addr, 0));
}

static enum verdict
send_answer(struct worker *w, struct rte_mbuf *frame, uint8_t port)
{
	w->count->answered++;
	worker_send(w, frame, port);
	return VERDICT_FORWARD;
}

/* Somebody says that an address of ours is at `mac`.  What we say ourselves may
 * come back by another port. */
static void
note_claim(struct worker *w, uint8_t port, const struct mx_addr *addr,
	   const struct rte_ether_addr *mac)
{
	struct worker_claim *claim = &w->claim[port];

	for (uint16_t i = 0; i < w->ports; i++)
		if (rte_is_same_ether_addr(mac, &w->port[i].mac))
			return;
	claim->addr = *addr;
	claim->mac = *mac;
	/* Release: who sees the count sees whose it is. */
	atomic_store_explicit(
		&claim->count,
		atomic_load_explicit(&claim->count, memory_order_relaxed) + 1,
		memory_order_release);
}

enum verdict
neighbour_arp(struct worker *w, const struct active_plan *active,
	      struct rte_mbuf *frame, uint8_t port, struct packet_info *info)
{
	struct arp_frame *f = rte_pktmbuf_mtod(frame, struct arp_frame *);
	const struct rte_ether_addr *mac = &w->port[port].mac;

	if (rte_pktmbuf_data_len(frame) < sizeof(*f)) {
		info->why = MX_DROP_TRUNCATED;
		return VERDICT_DROP;
	}
	if (f->arp.arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
	    f->arp.arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    f->arp.arp_hlen != RTE_ETHER_ADDR_LEN || f->arp.arp_plen != 4)
		return VERDICT_KERNEL;
	const struct mx_addr sender = mx_addr_from4(f->arp.arp_data.arp_sip);
	const struct mx_addr target = mx_addr_from4(f->arp.arp_data.arp_tip);
	if (is_ours(active, &sender)) {
		const struct rte_ether_addr claimed = f->arp.arp_data.arp_sha;
		note_claim(w, port, &sender, &claimed);
	}
	/* A request that was sent to another MAC address asks that host alone.
	 */
	if (f->arp.arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) ||
	    !is_ours(active, &target) ||
	    (rte_is_unicast_ether_addr(&f->ether.dst_addr) &&
	     !rte_is_same_ether_addr(&f->ether.dst_addr, mac)))
		return VERDICT_KERNEL;

	f->ether.dst_addr = f->ether.src_addr;
	f->ether.src_addr = *mac;
	f->arp.arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	f->arp.arp_data.arp_tip = f->arp.arp_data.arp_sip;
	f->arp.arp_data.arp_tha = f->arp.arp_data.arp_sha;
	f->arp.arp_data.arp_sip = mx_addr_to4(&target);
	f->arp.arp_data.arp_sha = *mac;
	return send_answer(w, frame, port);
}

/* Is the message whole, from this link, and about an address of ours? */
static bool
is_about_ours(const struct active_plan *active, struct rte_mbuf *frame)
{
	const struct nd_frame *f = rte_pktmbuf_mtod(frame, struct nd_frame *);
	const uint32_t there = rte_pktmbuf_data_len(frame) -
			       (uint32_t)(sizeof(f->ether) + sizeof(f->ip));

	return rte_pktmbuf_data_len(frame) >= ND_ASKED_BYTES && f->code == 0 &&
	       f->ip.hop_limits == ND_HOPS && !mx_addr_is4(&f->target) &&
	       is_ours(active, &f->target) &&
	       rte_be_to_cpu_16(f->ip.payload_len) <= there &&
	       rte_be_to_cpu_16(f->ip.payload_len) >= ND_MESSAGE_BYTES &&
	       checksum_is_right6(&f->ip, &f->type);
}

/* Go through the options.  Returns false if one of them has no length or is
 * longer than what is left; *has tells whether there is one of `kind`. */
static bool
read_options(const struct nd_frame *f, uint8_t kind, bool *has)
{
	const uint8_t *option = &f->option;
	uint32_t left = (uint32_t)rte_be_to_cpu_16(f->ip.payload_len) -
			ND_MESSAGE_BYTES;

	*has = false;
	while (left > 0) {
		const uint32_t bytes = left < 2 ? 0 : option[1] * 8u;

		if (bytes == 0 || bytes > left)
			return false;
		*has |= option[0] == kind;
		option += bytes;
		left -= bytes;
	}
	return true;
}

/* Is the address the solicited-node group of the target? */
static bool
is_group_of(const void *to, const struct mx_addr *target)
{
	const struct mx_addr group = {{0xff, 0x02, [11] = 1, 0xff,
				       target->byte[13], target->byte[14],
				       target->byte[15]}};

	return memcmp(to, &group, sizeof(group)) == 0;
}

/* RFC 4861 7.1.1, for a message about an address of ours: a host without an
 * address asks the target's group, and names no MAC address. */
static bool
is_solicitation(const struct nd_frame *f, bool *nameless)
{
	bool names;

	*nameless = memcmp(&f->ip.src_addr, &nobody, sizeof(nobody)) == 0;
	return f->type == ND_SOLICITATION &&
	       read_options(f, ND_SOURCE_MAC, &names) &&
	       (!*nameless ||
		(!names && is_group_of(&f->ip.dst_addr, &f->target)));
}

/* Fill an empty frame with the advertisement of an address of ours.  Returns
 * the frame's content, whose Ethernet destination is the caller's to set. */
static struct nd_frame *
advertise(struct rte_mbuf *frame, const struct mx_addr *target,
	  const struct mx_addr *to, uint8_t flags,
	  const struct rte_ether_addr *mac)
{
	maker_icmp(frame, target, to, ND_MESSAGE_BYTES + ND_OPTION_BYTES);
	struct nd_frame *f = rte_pktmbuf_mtod(frame, struct nd_frame *);

	f->ether.src_addr = *mac;
	f->ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	f->ip.hop_limits = ND_HOPS;
	f->type = ND_ADVERTISEMENT;
	f->code = 0;
	f->flags = flags;
	memset(f->reserved, 0, sizeof(f->reserved));
	f->target = *target;
	f->option = ND_TARGET_MAC;
	f->option_words = 1;
	f->mac = *mac;
	maker_sum(frame);
	return f;
}

/* Answer a solicitation for an address of ours, in its own frame.  A source of
 * :: is duplicate address detection: the answer goes to all nodes (RFC 4862
 * 5.4.3). */
static enum verdict
answer_solicitation(struct worker *w, struct rte_mbuf *frame, uint8_t port,
		    bool nameless)
{
	const struct nd_frame *asked =
		rte_pktmbuf_mtod(frame, struct nd_frame *);
	const struct mx_addr target = asked->target;
	const struct rte_ether_addr requester_mac = asked->ether.src_addr;
	struct mx_addr requester;

	memcpy(&requester, &asked->ip.src_addr, sizeof(requester));
	rte_pktmbuf_reset(frame);
	struct nd_frame *f =
		nameless ? advertise(frame, &target, &all_nodes, ND_OVERRIDE,
				     &w->port[port].mac)
			 : advertise(frame, &target, &requester,
				     ND_OVERRIDE | ND_SOLICITED,
				     &w->port[port].mac);
	f->ether.dst_addr = nameless ? all_nodes_mac : requester_mac;
	return send_answer(w, frame, port);
}

enum verdict
neighbour_nd(struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, uint8_t port)
{
	const struct nd_frame *f = rte_pktmbuf_mtod(frame, struct nd_frame *);
	bool nameless;

	if ((f->type != ND_SOLICITATION && f->type != ND_ADVERTISEMENT) ||
	    !is_about_ours(active, frame))
		return VERDICT_KERNEL;
	if (is_solicitation(f, &nameless))
		return answer_solicitation(w, frame, port, nameless);
	if (f->type == ND_ADVERTISEMENT) {
		const struct mx_addr target = f->target;
		note_claim(w, port, &target, &f->ether.src_addr);
	}
	return VERDICT_KERNEL;
}

static void
announce4(struct rte_mbuf *frame, const struct mx_addr *addr,
	  const struct rte_ether_addr *mac)
{
	const uint32_t ip_be = mx_addr_to4(addr);
	struct arp_frame *f =
		(void *)rte_pktmbuf_append(frame, (uint16_t)sizeof(*f));

	*f = (struct arp_frame){
		.ether = {.dst_addr = everybody,
			  .src_addr = *mac,
			  .ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = RTE_ETHER_ADDR_LEN,
			.arp_plen = sizeof(ip_be),
			.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
			.arp_data = {.arp_sha = *mac,
				     .arp_sip = ip_be,
				     .arp_tip = ip_be}},
	};
}

void
neighbour_announce(struct rte_mbuf *frame, const struct mx_addr *addr,
		   const struct rte_ether_addr *mac)
{
	if (mx_addr_is4(addr)) {
		announce4(frame, addr, mac);
		return;
	}
	advertise(frame, addr, &all_nodes, ND_OVERRIDE, mac)->ether.dst_addr =
		all_nodes_mac;
}
