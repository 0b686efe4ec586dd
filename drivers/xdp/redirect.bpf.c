/* SPDX-License-Identifier: BSD-3-Clause */
/* Select mxsteer's frames at an interface before the kernel sees them:
 *
 *   to an address of ours        ARP requests, solicitations, any IP packet
 *   about an address of ours     what others say of it: ARP, advertisements
 *   from a nat backend           TCP from its address and port, and ICMP errors
 *                                about TCP to there
 *
 * A tag that names no VLAN (802.1Q) changes nothing.  A frame to an owned
 * address with any other tag goes to the data plane too, which counts it.
 *
 * These go to the socket of their queue.  The kernel gets all others.  A nat
 * backend also talks to this host, which probes it: segments of the kernel's
 * own connections go to the kernel.  The data plane reads every frame again and
 * decides (read.h).  So this program checks only what it needs to select a
 * frame.
 *
 * While there is no socket, during a restart of the data plane, these frames
 * are dropped: the kernel must not answer them. */
#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "redirect.h"

#define FRAGMENT_OFFSET 0x1fff
#define VLAN_MASK 0x0fff

#define ARP_ETHERNET 1 /* RFC 826 */
#define ARP_REQUEST 1

/* RFC 792; RFC 4443 3, whose errors are 1 to 4; RFC 4861 4.3. */
#define ICMP4_UNREACHABLE 3
#define ICMP4_TIME_EXCEEDED 11
#define ICMP6_ERROR_LAST 4
#define ICMP6_SOLICITATION 135
#define ICMP6_ADVERTISEMENT 136

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, REDIRECT_QUEUES_MAX);
} xsks_map SEC(".maps"); /* DPDK's driver looks for it by this name */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct owned_key);
	__type(value, owned_round);
	__uint(max_entries, REDIRECT_ROWS);
} owned SEC(".maps");

/* The VLAN tag behind an Ethernet header. */
struct vlan {
	__be16 tci;
	__be16 proto;
};

/* ARP of IPv4 over Ethernet. */
struct arp {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_bytes;
	__u8 protocol_bytes;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__u8 sender[4];
	__u8 target_mac[ETH_ALEN];
	__u8 target[4];
};

/* The header of ICMP of either family. */
struct icmp {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 rest;
};

struct solicitation {
	struct icmp head;
	struct in6_addr target;
};

/* The ports of a TCP header.  An ICMP error may quote no more of it. */
struct ports {
	__be16 from;
	__be16 to;
};

static __always_inline bool
is_owned4(const void *addr, __be16 port)
{
	struct owned_key key = {.addr = {[10] = 0xff, [11] = 0xff},
				.port = port};

	__builtin_memcpy(&key.addr[12], addr, 4);
	return bpf_map_lookup_elem(&owned, &key) != NULL;
}

static __always_inline bool
is_owned6(const void *addr, __be16 port)
{
	struct owned_key key = {.port = port};

	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	return bpf_map_lookup_elem(&owned, &key) != NULL;
}

/* Does one of the kernel's own connections wait for a segment of that backend?
 * A listening socket does not count: the address may be a client's. */
static __always_inline bool
is_kernels(struct xdp_md *ctx, struct bpf_sock_tuple *tuple, __u32 bytes)
{
	struct bpf_sock *sock = bpf_skc_lookup_tcp(
		ctx, tuple, bytes, (__u64)BPF_F_CURRENT_NETNS, 0);

	if (sock == NULL)
		return false;
	const bool waits = sock->state != BPF_TCP_LISTEN;
	bpf_sk_release(sock);
	return waits;
}

/* Is it from a nat backend to one of its clients? */
static __always_inline bool
is_back4(struct xdp_md *ctx, __be32 server, __be16 server_port, __be32 client,
	 __be16 client_port)
{
	struct bpf_sock_tuple tuple = {.ipv4 = {
					       .saddr = server,
					       .daddr = client,
					       .sport = server_port,
					       .dport = client_port,
				       }};

	return server_port != 0 && is_owned4(&server, server_port) &&
	       !is_kernels(ctx, &tuple, sizeof(tuple.ipv4));
}

static __always_inline bool
is_back6(struct xdp_md *ctx, const struct in6_addr *server, __be16 server_port,
	 const struct in6_addr *client, __be16 client_port)
{
	struct bpf_sock_tuple tuple = {
		.ipv6 = {.sport = server_port, .dport = client_port}};

	__builtin_memcpy(tuple.ipv6.saddr, server, sizeof(*server));
	__builtin_memcpy(tuple.ipv6.daddr, client, sizeof(*client));
	return server_port != 0 && is_owned6(server, server_port) &&
	       !is_kernels(ctx, &tuple, sizeof(tuple.ipv6));
}

/* Is it an error about a segment to a nat backend? */
static __always_inline bool
is_error4(struct xdp_md *ctx, const struct icmp *icmp, const void *end)
{
	const struct iphdr *inner = (const void *)(icmp + 1);
	const struct ports *ports = (const void *)(inner + 1);

	if ((const void *)(ports + 1) > end ||
	    (icmp->type != ICMP4_UNREACHABLE &&
	     icmp->type != ICMP4_TIME_EXCEEDED) ||
	    inner->ihl != 5 || inner->protocol != IPPROTO_TCP)
		return false;
	return is_back4(ctx, inner->daddr, ports->to, inner->saddr,
			ports->from);
}

static __always_inline bool
is_error6(struct xdp_md *ctx, const struct icmp *icmp, const void *end)
{
	const struct ipv6hdr *inner = (const void *)(icmp + 1);
	const struct ports *ports = (const void *)(inner + 1);

	if ((const void *)(ports + 1) > end || icmp->type > ICMP6_ERROR_LAST ||
	    inner->nexthdr != IPPROTO_TCP)
		return false;
	return is_back6(ctx, &inner->daddr, ports->to, &inner->saddr,
			ports->from);
}

static __always_inline bool
is_ours4(struct xdp_md *ctx, const struct iphdr *ip, const void *end,
	 bool in_vlan)
{
	const struct tcphdr *tcp = (const void *)(ip + 1);
	const struct icmp *icmp = (const void *)(ip + 1);

	if ((const void *)(ip + 1) > end)
		return false;
	if (is_owned4(&ip->daddr, 0))
		return true;
	if (in_vlan)
		return false;
	/* The ports cannot be seen behind options or in a later fragment. */
	if (ip->ihl != 5 || (ip->frag_off & bpf_htons(FRAGMENT_OFFSET)))
		return false;
	if (ip->protocol == IPPROTO_TCP && (const void *)(tcp + 1) <= end)
		return is_back4(ctx, ip->saddr, tcp->source, ip->daddr,
				tcp->dest);
	return ip->protocol == IPPROTO_ICMP &&
	       (const void *)(icmp + 1) <= end && is_error4(ctx, icmp, end);
}

static __always_inline bool
is_ours6(struct xdp_md *ctx, const struct ipv6hdr *ip, const void *end,
	 bool in_vlan)
{
	const struct tcphdr *tcp = (const void *)(ip + 1);
	const struct icmp *icmp = (const void *)(ip + 1);
	const struct solicitation *ask = (const void *)(ip + 1);

	if ((const void *)(ip + 1) > end)
		return false;
	if (is_owned6(&ip->daddr, 0))
		return true;
	if (in_vlan)
		return false;
	if (ip->nexthdr == IPPROTO_TCP && (const void *)(tcp + 1) <= end)
		return is_back6(ctx, &ip->saddr, tcp->source, &ip->daddr,
				tcp->dest);
	if (ip->nexthdr != IPPROTO_ICMPV6 || (const void *)(icmp + 1) > end)
		return false;
	if (icmp->type == ICMP6_SOLICITATION ||
	    icmp->type == ICMP6_ADVERTISEMENT)
		return (const void *)(ask + 1) <= end &&
		       is_owned6(&ask->target, 0);
	return is_error6(ctx, icmp, end);
}

/* Is it a request for an owned address, or a claim to one, broadcast or in a
 * reply?  A mere request that uses an owned address as its sender is left to
 * the kernel, which may be the host that is asked. */
static __always_inline bool
is_ours_arp(const struct arp *arp, const void *end, bool in_vlan)
{
	if ((const void *)(arp + 1) > end ||
	    arp->hardware != bpf_htons(ARP_ETHERNET) ||
	    arp->protocol != bpf_htons(ETH_P_IP) ||
	    arp->hardware_bytes != ETH_ALEN || arp->protocol_bytes != 4)
		return false;
	if (arp->operation == bpf_htons(ARP_REQUEST))
		return is_owned4(arp->target, 0);
	return !in_vlan && is_owned4(arp->sender, 0);
}

SEC("xdp")
int
mx_steer(struct xdp_md *ctx)
{
	const void *end = (const void *)(long)ctx->data_end;
	const struct ethhdr *ether = (const void *)(long)ctx->data;
	const struct vlan *vlan = (const void *)(ether + 1);
	const void *packet = ether + 1;
	bool in_vlan = false;
	bool ours = false;

	if (packet > end)
		return XDP_PASS;
	__be16 proto = ether->h_proto;
	if (proto == bpf_htons(ETH_P_8021Q) ||
	    proto == bpf_htons(ETH_P_8021AD)) {
		packet = vlan + 1;
		if (packet > end)
			return XDP_PASS;
		in_vlan = proto == bpf_htons(ETH_P_8021AD) ||
			  (vlan->tci & bpf_htons(VLAN_MASK)) != 0;
		proto = vlan->proto;
	}
	if (proto == bpf_htons(ETH_P_IP))
		ours = is_ours4(ctx, packet, end, in_vlan);
	else if (proto == bpf_htons(ETH_P_IPV6))
		ours = is_ours6(ctx, packet, end, in_vlan);
	else if (proto == bpf_htons(ETH_P_ARP))
		ours = is_ours_arp(packet, end, in_vlan);
	if (!ours)
		return XDP_PASS;
	return (int)bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_DROP);
}

const char terms[] SEC("license") = "BSD";
