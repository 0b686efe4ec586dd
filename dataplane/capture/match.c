/* SPDX-License-Identifier: BSD-3-Clause */
#include "match.h"

#include <string.h>

#include <rte_arp.h>

/* The ends of a frame.  A frame without TCP has no ports. */
struct ends {
	struct mx_flow flow;
	bool tcp;
};

static bool
read_ports(struct ends *ends, const uint8_t *data, uint32_t bytes,
	   uint32_t from)
{
	ends->tcp = bytes >= from + 2 * sizeof(uint16_t);
	if (ends->tcp) {
		memcpy(&ends->flow.src_port_be, data + from, sizeof(uint16_t));
		memcpy(&ends->flow.dst_port_be, data + from + sizeof(uint16_t),
		       sizeof(uint16_t));
	}
	return true;
}

static bool
read_ends4(struct ends *ends, const uint8_t *data, uint32_t bytes)
{
	struct rte_ipv4_hdr ip;

	if (bytes < RTE_ETHER_HDR_LEN + sizeof(ip))
		return false;
	memcpy(&ip, data + RTE_ETHER_HDR_LEN, sizeof(ip));
	ends->flow.src = mx_addr_from4(ip.src_addr);
	ends->flow.dst = mx_addr_from4(ip.dst_addr);
	if (ip.next_proto_id != IPPROTO_TCP ||
	    (ip.fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return true;
	return read_ports(ends, data, bytes,
			  RTE_ETHER_HDR_LEN + (ip.version_ihl & 0xfu) * 4);
}

static bool
read_ends6(struct ends *ends, const uint8_t *data, uint32_t bytes)
{
	struct rte_ipv6_hdr ip;

	if (bytes < RTE_ETHER_HDR_LEN + sizeof(ip))
		return false;
	memcpy(&ip, data + RTE_ETHER_HDR_LEN, sizeof(ip));
	memcpy(&ends->flow.src, &ip.src_addr, sizeof(ends->flow.src));
	memcpy(&ends->flow.dst, &ip.dst_addr, sizeof(ends->flow.dst));
	if (ip.proto != IPPROTO_TCP)
		return true;
	return read_ports(ends, data, bytes,
			  RTE_ETHER_HDR_LEN + (uint32_t)sizeof(ip));
}

static bool
read_arp(struct ends *ends, const uint8_t *data, uint32_t bytes)
{
	struct rte_arp_hdr arp;

	if (bytes < RTE_ETHER_HDR_LEN + sizeof(arp))
		return false;
	memcpy(&arp, data + RTE_ETHER_HDR_LEN, sizeof(arp));
	ends->flow.src = mx_addr_from4(arp.arp_data.arp_sip);
	ends->flow.dst = mx_addr_from4(arp.arp_data.arp_tip);
	return true;
}

/* Returns false if the frame names no address. */
static bool
read_ends(struct ends *ends, const uint8_t *data, uint32_t bytes)
{
	struct rte_ether_hdr ether;

	*ends = (struct ends){.tcp = false};
	if (bytes < sizeof(ether))
		return false;
	memcpy(&ether, data, sizeof(ether));
	switch (rte_be_to_cpu_16(ether.ether_type)) {
	case RTE_ETHER_TYPE_IPV4:
		return read_ends4(ends, data, bytes);
	case RTE_ETHER_TYPE_IPV6:
		return read_ends6(ends, data, bytes);
	case RTE_ETHER_TYPE_ARP:
		return read_arp(ends, data, bytes);
	default:
		return false;
	}
}

/* The session that has a port of a local address, or NULL. */
static const struct mx_session *
find_by_port(const struct worker *w, const struct active_plan *active,
	     const struct mx_addr *local, uint16_t port_be)
{
	const struct mx_owned *row =
		mx_owned_find(&active->plan.owned, local, 0);

	if (row->kind != MX_OWNED_SNAT)
		return NULL;
	const uint32_t ref =
		portmap_find(&w->map[active->snat_slot[row->index]],
			     rte_be_to_cpu_16(port_be));
	return ref == SESSION_NONE ? NULL : session_at(&w->sessions, ref);
}

/* The session whose client or, in nat, whose backend sends this flow.  from, to:
 * the hashes of its ends. */
static const struct mx_session *
find_by_client(const struct worker *w, const struct mx_flow *flow,
	       uint64_t from, uint64_t to)
{
	const struct session_table *table = &w->sessions;
	const struct mx_session *s;

	if (mx_addr_is4(&flow->src)) {
		const struct mx_flow4 narrow = {
			mx_addr_to4(&flow->src), mx_addr_to4(&flow->dst),
			flow->src_port_be, flow->dst_port_be};
		s = session_find(table, from, session_client_is4, &narrow);
		return s != NULL ? s
				 : session_find(table, to, session_server_is4,
						&narrow);
	}
	s = session_find(table, from, session_client_is6, flow);
	return s != NULL ? s
			 : session_find(table, to, session_server_is6, flow);
}

static const struct mx_session *
find_session(const struct worker *w, const struct active_plan *active,
	     const struct mx_flow *flow)
{
	const struct mx_flow back = {flow->dst, flow->src, flow->dst_port_be,
				     flow->src_port_be};
	const struct mx_hash_key *key = &w->sessions.file->key;
	const uint64_t from =
		mx_hash_client(key, &flow->src, flow->src_port_be);
	const uint64_t to = mx_hash_client(key, &flow->dst, flow->dst_port_be);
	const struct mx_session *s =
		find_by_port(w, active, &flow->dst, flow->dst_port_be);

	if (s == NULL)
		s = find_by_port(w, active, &flow->src, flow->src_port_be);
	if (s == NULL)
		s = find_by_client(w, flow, from, to);
	if (s == NULL)
		s = find_by_client(w, &back, to, from);
	if (s == NULL ||
	    atomic_load_explicit(&s->state, memory_order_relaxed) ==
		    MX_SESSION_FREE)
		return NULL;
	return s;
}

static bool
is_in_prefix(const struct mx_capture_filter *filter, const struct mx_addr *addr)
{
	bool same = mx_addr_is4(addr) == mx_addr_is4(&filter->from);

	for (unsigned i = 0; i < sizeof(addr->byte); i++)
		same &= (addr->byte[i] & filter->mask.byte[i]) ==
			filter->from.byte[i];
	return same;
}

static bool
is_wanted(const struct mx_capture_filter *filter, uint32_t backend)
{
	return filter->backend[backend / 64] >> backend % 64 & 1;
}

/* Is it the address of a backend that is wanted? */
static bool
is_of_backend(const struct mx_capture_filter *filter,
	      const struct active_plan *active, const struct mx_addr *addr)
{
	for (uint32_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (is_wanted(filter, id) && active->plan.backend[id].used &&
		    mx_addr_equal(&active->plan.backend[id].address.addr, addr))
			return true;
	return false;
}

bool
match_frame(const struct mx_capture_filter *filter, const struct worker *w,
	    const struct active_plan *active, const uint8_t *data,
	    uint32_t bytes)
{
	struct ends ends;

	if (!filter->has_from && !filter->has_backend)
		return true;
	if (!read_ends(&ends, data, bytes))
		return false;
	const struct mx_session *s =
		ends.tcp ? find_session(w, active, &ends.flow) : NULL;
	if (s != NULL) {
		const struct mx_addr client =
			session_ends(&w->sessions, s).client;
		return (!filter->has_from || is_in_prefix(filter, &client)) &&
		       (!filter->has_backend || is_wanted(filter, s->backend));
	}
	return (!filter->has_from || is_in_prefix(filter, &ends.flow.src) ||
		is_in_prefix(filter, &ends.flow.dst)) &&
	       (!filter->has_backend ||
		is_of_backend(filter, active, &ends.flow.src) ||
		is_of_backend(filter, active, &ends.flow.dst));
}
