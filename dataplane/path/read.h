/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_READ_H
#define MX_READ_H

/* Pass 1, read: what is this frame, and what shall become of it?
 *
 * A frame to an address that is not ours is the kernel's, however broken.  One
 * to an address of ours is checked from the outside in; the first lie ends it,
 * with a reason.  What is left is TCP to a VIP or to a local address, or of a
 * nat backend, and the bucket or port map entry that says where its session is
 * is on its way to the cache.  Pass 2, seek, looks there, and sends for the
 * session itself.
 *
 * Threads    the worker's own. */
#include "greet.h"
#include "read6.h"
#include "readtcp.h"

/* The IPv4 header of a packet to an address of ours.  On MX_DROP_NONE the
 * frame holds *ip_bytes of a whole packet without options. */
static inline enum mx_drop
read_ipv4(const struct rte_mbuf *frame, const struct rte_ipv4_hdr *ip,
	  uint32_t *ip_bytes)
{
	const uint32_t there =
		rte_pktmbuf_data_len(frame) - (uint32_t)RTE_ETHER_HDR_LEN;
	const uint32_t total = rte_be_to_cpu_16(ip->total_length);
	const uint64_t checked = frame->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (unlikely(ip->version_ihl != 0x45))
		return ip->version_ihl > 0x45 && ip->version_ihl <= 0x4f
			       ? MX_DROP_IP_OPTIONS
			       : MX_DROP_BAD_HEADER;
	if (unlikely(total < sizeof(*ip)))
		return MX_DROP_BAD_HEADER;
	if (unlikely(total > there))
		return MX_DROP_TRUNCATED;
	if (unlikely(packet_is_judged_wrong(frame) ||
		     (checked != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		      rte_raw_cksum(ip, sizeof(*ip)) != 0xffff)))
		return MX_DROP_BAD_CHECKSUM;
	if (unlikely((ip->fragment_offset &
		      RTE_BE16(RTE_IPV4_HDR_MF_FLAG |
			       RTE_IPV4_HDR_OFFSET_MASK)) != 0))
		return MX_DROP_FRAGMENT;
	*ip_bytes = total;
	return MX_DROP_NONE;
}

/* Is this IPv4 packet, which is not to us, a backend's to its client?  Of a
 * port that is none the table has no row, so what is not TCP may lie there. */
static inline bool
read_is_back4(const struct active_plan *active, struct rte_mbuf *frame)
{
	const struct headers *h = packet_headers(frame);

	if (likely(!active->plan.nat) || h->ip.version_ihl != 0x45 ||
	    rte_pktmbuf_data_len(frame) < sizeof(*h))
		return false;
	const struct mx_owned *from = mx_owned_find4(
		&active->plan.owned, h->ip.src_addr, h->tcp.src_port);
	return from->kind == MX_OWNED_SERVER &&
	       h->ip.next_proto_id == IPPROTO_TCP;
}

/* An IPv4 packet, of at least a header, to some address. */
static inline enum verdict
read_addressed4(const struct worker *w, const struct active_plan *active,
		struct rte_mbuf *frame, struct packet_info *info)
{
	const struct headers *h = packet_headers(frame);
	const struct mx_owned *owned =
		mx_owned_find4(&active->plan.owned, h->ip.dst_addr, 0);
	const bool back =
		owned->kind == MX_OWNED_NOT && read_is_back4(active, frame);
	uint32_t ip_bytes;

	if (owned->kind == MX_OWNED_NOT && !back)
		return h->ip.next_proto_id == IPPROTO_ICMP && active->plan.nat
			       ? VERDICT_ANSWER
			       : VERDICT_KERNEL;
	enum mx_drop why = read_ipv4(frame, &h->ip, &ip_bytes);
	if (unlikely(why != MX_DROP_NONE))
		return read_drop(info, why);
	if (unlikely(h->ip.next_proto_id == IPPROTO_ICMP))
		return VERDICT_ANSWER;
	if (unlikely(h->ip.next_proto_id != IPPROTO_TCP))
		return read_drop(info, MX_DROP_NOT_TCP);
	if (unlikely(ip_bytes < sizeof(h->ip) + sizeof(h->tcp)))
		return read_drop(info, MX_DROP_TRUNCATED);
	if (unlikely(h->ip.time_to_live <= 1))
		return read_drop(info, MX_DROP_TTL);
	why = read_tcp(&h->tcp, ip_bytes - (uint32_t)sizeof(h->ip), info);
	if (unlikely(why != MX_DROP_NONE))
		return read_drop(info, why);

	info->ip_bytes = sizeof(h->ip);
	if (owned->kind == MX_OWNED_SNAT)
		return read_reply(w, active, owned->index, h->tcp.dst_port,
				  info);
	const struct mx_hash_key *key = &w->sessions.file->key;
	if (back) {
		info->hash =
			mx_hash_client4(key, h->ip.dst_addr, h->tcp.dst_port);
		return read_back(w, info);
	}
	info->hash = mx_hash_client4(key, h->ip.src_addr, h->tcp.src_port);
	return read_inbound(w, active, owned, h->tcp.dst_port,
			    packet_ends4(frame), info);
}

/* Returns what shall become of the frame; for VERDICT_FORWARD *info is whole,
 * for VERDICT_HANDOFF it has the owner, for VERDICT_DROP the reason. */
static inline enum verdict
read_packet(const struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, uint8_t port, struct packet_info *info)
{
	const struct headers *h = packet_headers(frame);
	const struct rte_ether_addr *mac = &w->port[port].mac;
	const uint32_t bytes = rte_pktmbuf_data_len(frame);

	if (unlikely(bytes < sizeof(h->ether)))
		return read_drop(info, MX_DROP_TRUNCATED);
	/* A packet socket also sees what the kernel itself sends. */
	if (unlikely(packet_is_same_mac(&h->ether.src_addr, mac)))
		return read_drop(info, MX_DROP_OWN_FRAME);
	if (h->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return read_packet6(w, active, frame, mac, info);
	if (unlikely(h->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP)))
		return VERDICT_ANSWER;
	if (h->ether.ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    !packet_is_same_mac(&h->ether.dst_addr, mac))
		return VERDICT_KERNEL;
	if (unlikely(bytes < sizeof(h->ether) + sizeof(h->ip)))
		return read_drop(info, MX_DROP_TRUNCATED);
	return read_addressed4(w, active, frame, info);
}

/* Pass 2 of a frame that is to be forwarded. */
static inline void
read_seek(const struct worker *w, struct packet_info *info)
{
	const struct session_table *table = &w->sessions;

	if (info->direction != DIRECTION_OUT)
		info->session = session_seek(table, info->hash);
	else
		info->session =
			portmap_find(&w->map[info->index], info->local_port);
	if (likely(info->session != SESSION_NONE))
		session_prefetch_at(table, info->session,
				    info->direction != DIRECTION_IN);
	else
		greet_prefetch(w, info);
}

#endif /* MX_READ_H */
