/* SPDX-License-Identifier: BSD-3-Clause */
#include "rssproof.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>

/* The next turn of 2^16: successive turns are far apart, and all come up. */
#define TURN_STEP 40503u

/* What one worker has seen at its queue.  It alone writes. */
struct witness {
	alignas(64) const struct mx_flow_owners *owners;
	const struct rte_eth_rxtx_callback *callback;
	struct rte_ether_addr mac;
	uint16_t turn;    /* chooses the frame of a burst */
	uint16_t warm_up; /* polls whose frames may be older than the table */
	_Atomic uint64_t right[RSS_FAMILIES];
	_Atomic uint64_t wrong[RSS_FAMILIES];
	_Atomic uint64_t segments;
	_Atomic uint64_t astray;
};

static struct witness witnesses[RTE_MAX_ETHPORTS][MX_WORKERS_MAX];

/* Is it a segment of an established connection, and all of it there?  bytes:
 * of TCP. */
static bool
is_plain(const struct rte_tcp_hdr *tcp, uint32_t bytes)
{
	const uint8_t judged = RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG |
			       RTE_TCP_RST_FLAG | RTE_TCP_URG_FLAG |
			       RTE_TCP_ACK_FLAG;
	const uint32_t header = (uint32_t)(tcp->data_off >> 4) * 4;

	return (tcp->tcp_flags & judged) == RTE_TCP_ACK_FLAG &&
	       header >= sizeof(*tcp) && header <= bytes &&
	       tcp->src_port != 0 && tcp->dst_port != 0;
}

/* room: bytes of the frame from the IP header on. */
static bool
is_plain4(const struct rte_ipv4_hdr *ip, uint32_t room)
{
	if (room < sizeof(*ip) + sizeof(struct rte_tcp_hdr) ||
	    ip->version_ihl != 0x45 || ip->next_proto_id != IPPROTO_TCP ||
	    (ip->fragment_offset & ~RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0)
		return false;
	const uint32_t total = rte_be_to_cpu_16(ip->total_length);
	return total <= room &&
	       total >= sizeof(*ip) + sizeof(struct rte_tcp_hdr) &&
	       is_plain((const void *)(ip + 1), total - (uint32_t)sizeof(*ip));
}

static bool
is_plain6(const struct rte_ipv6_hdr *ip, uint32_t room)
{
	if (room < sizeof(*ip) + sizeof(struct rte_tcp_hdr) ||
	    (ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000) ||
	    ip->proto != IPPROTO_TCP)
		return false;
	const uint32_t bytes = rte_be_to_cpu_16(ip->payload_len);
	return bytes <= room - sizeof(*ip) &&
	       bytes >= sizeof(struct rte_tcp_hdr) &&
	       is_plain((const void *)(ip + 1), bytes);
}

int
rss_proof_class(const struct rte_mbuf *frame, const struct rte_ether_addr *mac,
		const struct mx_flow_owners *owners, enum rss_family *family)
{
	const struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);
	const uint32_t there = rte_pktmbuf_data_len(frame);
	const void *ip = ether + 1;

	if (there < sizeof(*ether) || frame->nb_segs != 1 ||
	    !rte_is_same_ether_addr(&ether->dst_addr, mac))
		return -1;
	const uint32_t room = there - (uint32_t)sizeof(*ether);
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	    is_plain4(ip, room)) {
		const struct rte_ipv4_hdr *ip4 = ip;

		*family = RSS_IPV4;
		return (int)mx_flow_class(owners, &ip4->src_addr,
					  MX_FLOW_BYTES4);
	}
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
	    is_plain6(ip, room)) {
		const struct rte_ipv6_hdr *ip6 = ip;

		*family = RSS_IPV6;
		return (int)mx_flow_class(owners, &ip6->src_addr,
					  MX_FLOW_BYTES6);
	}
	return -1;
}

/* Does a segment have right checksums?  rss_proof_class() has taken it: its
 * lengths are right. */
static bool
has_right_checksums(const struct rte_mbuf *frame, enum rss_family family)
{
	const void *ip =
		rte_pktmbuf_mtod_offset(frame, const void *, RTE_ETHER_HDR_LEN);
	const struct rte_ipv4_hdr *ip4 = ip;
	const struct rte_ipv6_hdr *ip6 = ip;
	uint32_t sum;

	if (family == RSS_IPV6) {
		sum = rte_ipv6_phdr_cksum(ip6, 0);
		sum += rte_raw_cksum(ip6 + 1,
				     rte_be_to_cpu_16(ip6->payload_len));
	} else {
		if (rte_raw_cksum(ip4, sizeof(*ip4)) != UINT16_MAX)
			return false;
		sum = rte_ipv4_phdr_cksum(ip4, 0);
		sum += rte_raw_cksum(ip4 + 1,
				     rte_be_to_cpu_16(ip4->total_length) -
					     sizeof(*ip4));
	}
	return (sum & UINT16_MAX) + (sum >> 16) == UINT16_MAX;
}

/* There is one writer, so these need no atomic operation. */
static void
note(_Atomic uint64_t *set, uint64_t bits)
{
	const uint64_t before = atomic_load_explicit(set, memory_order_relaxed);

	atomic_store_explicit(set, before | bits, memory_order_relaxed);
}

static void
count_one(_Atomic uint64_t *count)
{
	atomic_store_explicit(
		count, atomic_load_explicit(count, memory_order_relaxed) + 1,
		memory_order_relaxed);
}

static void
compare(struct witness *witness, const struct rte_mbuf *frame, uint16_t queue)
{
	enum rss_family family;
	const int class =
		rss_proof_class(frame, &witness->mac, witness->owners, &family);

	if (class < 0)
		return;
	if (witness->owners->owner[class] == queue) {
		note(&witness->right[family], UINT64_C(1) << class);
	} else if (has_right_checksums(frame, family)) {
		note(&witness->wrong[family], UINT64_C(1) << class);
		count_one(&witness->astray);
	} else {
		return;
	}
	count_one(&witness->segments);
}

/* DPDK calls this when a worker has polled the queue. */
static uint16_t
watch_burst(uint16_t port_id, uint16_t queue, struct rte_mbuf **frame,
	    uint16_t count, uint16_t count_max, void *arg)
{
	struct witness *witness = arg;

	(void)port_id, (void)count_max;
	if (witness->warm_up > 0) {
		witness->warm_up--;
	} else if (count > 0) {
		witness->turn = (uint16_t)(witness->turn + TURN_STEP);
		compare(witness, frame[(uint32_t)witness->turn * count >> 16],
			queue);
	}
	return count;
}

int
rss_proof_begin(uint16_t port_id, const struct rte_ether_addr *mac,
		const struct mx_flow_owners *owners)
{
	for (uint16_t q = 0; q < owners->workers; q++) {
		struct witness *witness = &witnesses[port_id][q];

		*witness = (struct witness){.owners = owners,
					    .mac = *mac,
					    .warm_up = RSS_PROOF_WARM_UP};
		witness->callback = rte_eth_add_rx_callback(
			port_id, q, watch_burst, witness);
		if (witness->callback == NULL)
			return -rte_errno;
	}
	return 0;
}

/* DPDK leaves the memory of a callback to the caller.  A worker may still be in
 * it, so it is not freed: that is some bytes for each queue, once. */
void
rss_proof_end(uint16_t port_id)
{
	for (uint16_t q = 0; q < MX_WORKERS_MAX; q++) {
		struct witness *witness = &witnesses[port_id][q];

		if (witness->callback == NULL)
			continue;
		rte_eth_remove_rx_callback(port_id, q, witness->callback);
		witness->callback = NULL;
	}
}

void
rss_proof_read(uint16_t port_id, struct rss_evidence *evidence)
{
	*evidence = (struct rss_evidence){0};
	for (uint16_t q = 0; q < MX_WORKERS_MAX; q++) {
		const struct witness *witness = &witnesses[port_id][q];

		for (int f = 0; f < RSS_FAMILIES; f++) {
			evidence->right[f] |= atomic_load_explicit(
				&witness->right[f], memory_order_relaxed);
			evidence->wrong[f] |= atomic_load_explicit(
				&witness->wrong[f], memory_order_relaxed);
		}
		evidence->segments += atomic_load_explicit(
			&witness->segments, memory_order_relaxed);
		evidence->astray += atomic_load_explicit(&witness->astray,
							 memory_order_relaxed);
	}
}

/* The classes that a queue should get. */
static uint64_t
classes_of(const struct mx_flow_owners *owners, uint16_t queue)
{
	uint64_t classes = 0;

	for (uint32_t c = 0; c < MX_FLOW_CLASSES; c++)
		if (owners->owner[c] == queue)
			classes |= UINT64_C(1) << c;
	return classes;
}

enum rss_verdict
rss_proof_verdict(const struct rss_evidence *evidence, enum rss_family family,
		  const struct mx_flow_owners *owners)
{
	const uint64_t wrong = evidence->wrong[family];

	if (__builtin_popcountll(wrong) >= RSS_PROOF_WRONG)
		return RSS_DOUBTED;
	if (wrong != 0)
		return RSS_UNPROVEN;
	for (uint16_t q = 0; q < owners->workers; q++) {
		const uint64_t classes = classes_of(owners, q);

		if (2 * __builtin_popcountll(classes &
					     evidence->right[family]) <
		    __builtin_popcountll(classes))
			return RSS_UNPROVEN;
	}
	return RSS_PROVEN;
}
