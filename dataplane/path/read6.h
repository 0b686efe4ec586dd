/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_READ6_H
#define MX_READ6_H

/* Pass 1 of IPv6: the twin of read_addressed4() in read.h.
 *
 * Threads    the worker's own. */
#include "readtcp.h"

/* Next headers that mean an extension (RFC 8200 4) and not a transport. */
static inline bool
read_is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_DSTOPTS || next == IPPROTO_AH ||
	       next == IPPROTO_ESP || next == IPPROTO_MH;
}

/* Does an IPv6 packet name an IPv4 address?  Our tables hold those as mapped
 * ones, which are not for the wire (RFC 6890 2.2.3): the packet would be taken
 * for one of the other family. */
static inline bool
read_is_mapped(const struct rte_ipv6_hdr *ip)
{
	struct mx_addr from, to;

	memcpy(&from, &ip->src_addr, sizeof(from));
	memcpy(&to, &ip->dst_addr, sizeof(to));
	return mx_addr_is4(&from) || mx_addr_is4(&to);
}

/* The IPv6 header of a packet to an address of ours.  On MX_DROP_NONE the
 * frame holds a whole packet of TCP or ICMP, whose *bytes follow the header. */
static inline enum mx_drop
read_ipv6(const struct rte_mbuf *frame, const struct rte_ipv6_hdr *ip,
	  uint32_t *bytes)
{
	const uint32_t there = rte_pktmbuf_data_len(frame) -
			       (uint32_t)(RTE_ETHER_HDR_LEN + sizeof(*ip));

	*bytes = rte_be_to_cpu_16(ip->payload_len);
	if (unlikely((ip->vtc_flow & RTE_BE32(0xf0000000)) !=
			     RTE_BE32(0x60000000) ||
		     read_is_mapped(ip)))
		return MX_DROP_BAD_HEADER;
	if (unlikely(*bytes > there))
		return MX_DROP_TRUNCATED;
	if (unlikely(packet_is_judged_wrong(frame)))
		return MX_DROP_BAD_CHECKSUM;
	if (likely(ip->proto == IPPROTO_TCP || ip->proto == IPPROTO_ICMPV6))
		return MX_DROP_NONE;
	if (ip->proto == IPPROTO_FRAGMENT)
		return MX_DROP_FRAGMENT;
	return read_is_extension(ip->proto) ? MX_DROP_IP_EXTENSION
					    : MX_DROP_NOT_TCP;
}

static inline bool
read_is_back6(const struct active_plan *active, struct rte_mbuf *frame)
{
	const struct headers6 *h = packet_headers6(frame);
	struct mx_addr from;

	if (likely(!active->plan.nat) || h->ip.proto != IPPROTO_TCP ||
	    rte_pktmbuf_data_len(frame) < sizeof(*h))
		return false;
	memcpy(&from, &h->ip.src_addr, sizeof(from));
	return mx_owned_find(&active->plan.owned, &from, h->tcp.src_port)
		       ->kind == MX_OWNED_SERVER;
}

/* A segment whose IPv6 header is checked, to an address of ours or back to a
 * client's. */
static inline enum verdict
read_segment6(const struct worker *w, const struct active_plan *active,
	      const struct headers6 *h, const struct mx_owned *owned,
	      struct packet_info *info)
{
	const struct mx_hash_key *key = &w->sessions.file->key;

	info->ip_bytes = sizeof(h->ip);
	if (owned->kind == MX_OWNED_SNAT)
		return read_reply(w, active, owned->index, h->tcp.dst_port,
				  info);
	if (owned->kind == MX_OWNED_NOT) {
		info->hash =
			mx_hash_client6(key, &h->ip.dst_addr, h->tcp.dst_port);
		return read_back(w, info);
	}
	info->hash = mx_hash_client6(key, &h->ip.src_addr, h->tcp.src_port);
	return read_inbound(w, active, owned, h->tcp.dst_port, &h->ip.src_addr,
			    info);
}

/* An IPv6 packet, of at least a header, to some address. */
static inline enum verdict
read_addressed6(const struct worker *w, const struct active_plan *active,
		struct rte_mbuf *frame, struct packet_info *info)
{
	const struct headers6 *h = packet_headers6(frame);
	struct mx_addr to;
	uint32_t bytes;

	memcpy(&to, &h->ip.dst_addr, sizeof(to));
	const struct mx_owned *owned =
		mx_owned_find(&active->plan.owned, &to, 0);
	if (owned->kind == MX_OWNED_NOT && !read_is_back6(active, frame))
		return h->ip.proto == IPPROTO_ICMPV6 && active->plan.nat
			       ? VERDICT_ANSWER
			       : VERDICT_KERNEL;
	enum mx_drop why = read_ipv6(frame, &h->ip, &bytes);
	if (unlikely(why != MX_DROP_NONE))
		return read_drop(info, why);
	if (unlikely(h->ip.proto == IPPROTO_ICMPV6))
		return VERDICT_ANSWER;
	if (unlikely(bytes < sizeof(h->tcp)))
		return read_drop(info, MX_DROP_TRUNCATED);
	if (unlikely(h->ip.hop_limits <= 1))
		return read_drop(info, MX_DROP_TTL);
	why = read_tcp(&h->tcp, bytes, info);
	if (unlikely(why != MX_DROP_NONE))
		return read_drop(info, why);
	return read_segment6(w, active, h, owned, info);
}

/* A frame of IPv6.  Neighbour solicitations go to a multicast address. */
static inline enum verdict
read_packet6(const struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, const struct rte_ether_addr *mac,
	     struct packet_info *info)
{
	const struct headers6 *h = packet_headers6(frame);

	if (unlikely(!packet_is_same_mac(&h->ether.dst_addr, mac)))
		return rte_is_multicast_ether_addr(&h->ether.dst_addr)
			       ? VERDICT_ANSWER
			       : VERDICT_KERNEL;
	if (unlikely(rte_pktmbuf_data_len(frame) <
		     sizeof(h->ether) + sizeof(h->ip)))
		return read_drop(info, MX_DROP_TRUNCATED);
	return read_addressed6(w, active, frame, info);
}

#endif /* MX_READ6_H */
