/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_READ_H
#define MX_READ_H

/* Pass 1: what is this frame, and what shall become of it?
 *
 * A frame to an address that is not ours is the kernel's, however broken.  One
 * to an address of ours is checked from the outside in; the first lie ends it,
 * with a reason.  What is left is TCP to a VIP or to a local address, and the
 * memory that pass 2 needs is on its way to the cache.
 *
 * Threads    the worker's own. */
#include <string.h>

#include "packet.h"
#include "vip.h"
#include "worker.h"

static inline enum fate
read_drop(struct packet_info *info, enum mx_drop why)
{
	info->why = (uint8_t)why;
	return FATE_DROP;
}

/* A segment from a client to a VIP address. */
static inline enum fate
read_inbound(const struct worker *w, const struct view *view,
	     struct packet_info *info)
{
	const struct mx_vip *vip = mx_vip_find4(
		&view->plan.vips, info->flow.dst_be, info->flow.dst_port_be);

	if (unlikely(vip->kind != MX_OWNED_VIP))
		return read_drop(info, MX_DROP_NO_SERVICE);
	info->direction = DIRECTION_IN;
	info->index = vip->index;
	info->hash = session_hash(&w->sessions, &info->flow);
	info->owner = (uint8_t)worker_of_hash(w, info->hash);
	if (info->owner != w->id)
		return FATE_HANDOFF;
	session_prefetch(&w->sessions, info->hash);
	return FATE_FORWARD;
}

/* A segment from a backend to the local address in row `snat`. */
static inline enum fate
read_reply(const struct worker *w, const struct view *view, uint16_t snat,
	   struct packet_info *info)
{
	const uint16_t port = rte_be_to_cpu_16(info->flow.dst_port_be);

	if (unlikely(port < PORT_FIRST))
		return read_drop(info, MX_DROP_NO_SESSION);
	info->direction = DIRECTION_OUT;
	info->owner = (uint8_t)portmap_owner(port, w->workers);
	if (info->owner != w->id)
		return FATE_HANDOFF;
	info->index = view->snat_slot[snat];
	info->session = portmap_find(&w->map[info->index], port);
	if (unlikely(info->session == SESSION_NONE))
		return read_drop(info, MX_DROP_NO_SESSION);
	rte_prefetch0(&w->sessions.file->session[info->session]);
	return FATE_FORWARD;
}

/* Flags that no TCP sends together (RFC 9293 3.5.2, and every scanner). */
static inline bool
tcp_flags_are_odd(uint8_t flags)
{
	const uint8_t open_close = RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG;
	const uint8_t open_abort = RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG;
	const uint8_t any = RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG |
			    RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG;

	return (flags & open_close) == open_close ||
	       (flags & open_abort) == open_abort || (flags & any) == 0;
}

static inline enum mx_drop
read_tcp(const struct headers *h, uint32_t ip_bytes, struct packet_info *info)
{
	const uint32_t tcp_bytes = (uint32_t)(h->tcp.data_off >> 4) * 4;
	const uint32_t rest = ip_bytes - (uint32_t)sizeof(h->ip);

	if (unlikely(tcp_bytes < sizeof(h->tcp) || tcp_bytes > rest ||
		     h->tcp.src_port == 0 || h->tcp.dst_port == 0 ||
		     tcp_flags_are_odd(h->tcp.tcp_flags)))
		return MX_DROP_BAD_HEADER;

	info->tcp_flags = h->tcp.tcp_flags;
	info->payload_bytes = (uint16_t)(rest - tcp_bytes);
	info->flow = (struct mx_flow4){
		.src_be = h->ip.src_addr,
		.dst_be = h->ip.dst_addr,
		.src_port_be = h->tcp.src_port,
		.dst_port_be = h->tcp.dst_port,
	};
	return MX_DROP_NONE;
}

/* The IPv4 header of a packet to an address of ours.  On MX_DROP_NONE the
 * frame holds *ip_bytes of a whole packet without options. */
static inline enum mx_drop
read_ipv4(const struct rte_mbuf *frame, const struct headers *h,
	  uint32_t *ip_bytes)
{
	const uint32_t there =
		rte_pktmbuf_data_len(frame) - (uint32_t)sizeof(h->ether);
	const uint32_t total = rte_be_to_cpu_16(h->ip.total_length);
	const uint64_t checked = frame->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (unlikely(h->ip.version_ihl != 0x45))
		return h->ip.version_ihl > 0x45 && h->ip.version_ihl <= 0x4f
			       ? MX_DROP_IP_OPTIONS
			       : MX_DROP_BAD_HEADER;
	if (unlikely(total < sizeof(h->ip)))
		return MX_DROP_BAD_HEADER;
	if (unlikely(total > there))
		return MX_DROP_TRUNCATED;
	if (unlikely(checked != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		     rte_raw_cksum(&h->ip, sizeof(h->ip)) != 0xffff))
		return MX_DROP_BAD_CHECKSUM;
	if (unlikely((h->ip.fragment_offset &
		      RTE_BE16(RTE_IPV4_HDR_MF_FLAG |
			       RTE_IPV4_HDR_OFFSET_MASK)) != 0))
		return MX_DROP_FRAGMENT;
	*ip_bytes = total;
	return MX_DROP_NONE;
}

/* An IPv4 packet, of at least a header, to some address. */
static inline enum fate
read_addressed(const struct worker *w, const struct view *view,
	       struct rte_mbuf *frame, struct packet_info *info)
{
	const struct headers *h = packet_headers(frame);
	const struct mx_vip *owned =
		mx_vip_find4(&view->plan.vips, h->ip.dst_addr, 0);
	uint32_t ip_bytes;

	if (owned->kind == MX_OWNED_NOT)
		return FATE_KERNEL;
	enum mx_drop why = read_ipv4(frame, h, &ip_bytes);
	if (unlikely(why != MX_DROP_NONE))
		return read_drop(info, why);
	if (unlikely(h->ip.next_proto_id == IPPROTO_ICMP))
		return FATE_ANSWER;
	if (unlikely(h->ip.next_proto_id != IPPROTO_TCP))
		return read_drop(info, MX_DROP_NOT_TCP);
	if (unlikely(ip_bytes < sizeof(h->ip) + sizeof(h->tcp)))
		return read_drop(info, MX_DROP_TRUNCATED);
	if (unlikely(h->ip.time_to_live <= 1))
		return read_drop(info, MX_DROP_TTL);
	why = read_tcp(h, ip_bytes, info);
	if (unlikely(why != MX_DROP_NONE))
		return read_drop(info, why);
	return owned->kind == MX_OWNED_SNAT
		       ? read_reply(w, view, owned->index, info)
		       : read_inbound(w, view, info);
}

/* Returns what shall become of the frame; for FATE_FORWARD *info is whole, for
 * FATE_HANDOFF it has the owner, for FATE_DROP the reason. */
static inline enum fate
read_packet(const struct worker *w, const struct view *view,
	    struct rte_mbuf *frame, uint8_t port, struct packet_info *info)
{
	const struct headers *h = packet_headers(frame);
	const struct rte_ether_addr *mac = &w->port[port].mac;
	const uint32_t bytes = rte_pktmbuf_data_len(frame);

	if (unlikely(bytes < sizeof(h->ether)))
		return read_drop(info, MX_DROP_TRUNCATED);
	/* A packet socket also sees what the kernel itself sends. */
	if (unlikely(rte_is_same_ether_addr(&h->ether.src_addr, mac)))
		return read_drop(info, MX_DROP_OWN_FRAME);
	if (unlikely(h->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP)))
		return FATE_ANSWER;
	if (h->ether.ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    !rte_is_same_ether_addr(&h->ether.dst_addr, mac))
		return FATE_KERNEL;
	if (unlikely(bytes < sizeof(h->ether) + sizeof(h->ip)))
		return read_drop(info, MX_DROP_TRUNCATED);
	return read_addressed(w, view, frame, info);
}

#endif /* MX_READ_H */
