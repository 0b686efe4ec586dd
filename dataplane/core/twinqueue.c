/* SPDX-License-Identifier: BSD-3-Clause */
#include "twinqueue.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "asked.h"

/* ICMPv6 types of neighbour discovery (RFC 4861 4). */
#define ND_FIRST 133
#define ND_LAST 137

/* The longest frame has two tags (IEEE 802.1ad) before a packet as long as the
 * MTU.  DPDK's net_tap has the same limit. */
#define FRAME_EXTRA_BYTES                                                      \
	((uint32_t)(RTE_ETHER_HDR_LEN + 2 * sizeof(struct rte_vlan_hdr)))

static bool
is_nd(const struct rte_mbuf *frame)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(
		frame, const struct rte_ipv6_hdr *, RTE_ETHER_HDR_LEN);
	const uint8_t *type = (const void *)(ip + 1);

	return rte_pktmbuf_data_len(frame) > RTE_ETHER_HDR_LEN + sizeof(*ip) &&
	       ip->proto == IPPROTO_ICMPV6 && *type >= ND_FIRST &&
	       *type <= ND_LAST;
}

/* Does the frame tell addresses of neighbours? */
static bool
is_neighbour(const struct rte_mbuf *frame)
{
	const struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);

	switch (ether->ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		return true;
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		return is_nd(frame);
	default:
		return false;
	}
}

/* Would the kernel refuse the frame, as it is for the MAC address of another
 * host?  A switch that does not know the address sends such frames here. */
static bool
is_for_another(const struct worker *w, const struct rte_mbuf *frame)
{
	const struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);

	return rte_pktmbuf_data_len(frame) < sizeof(*ether) ||
	       (rte_is_unicast_ether_addr(&ether->dst_addr) &&
		!rte_is_same_ether_addr(&ether->dst_addr,
					&w->port[frame->port].mac));
}

static bool
is_too_long(const struct worker *w, const struct rte_mbuf *frame, uint16_t port)
{
	return rte_pktmbuf_pkt_len(frame) >
	       w->port[port].mtu + FRAME_EXTRA_BYTES;
}

static enum twin_rate
rate_of(const struct worker *w, const struct rte_mbuf *frame)
{
	const bool answers = asked_is_answered(w->asked, frame);

	if (is_neighbour(frame))
		return answers ? TWIN_RATE_NEIGHBOUR_ANSWERS
			       : TWIN_RATE_NEIGHBOURS;
	return answers ? TWIN_RATE_ANSWERS : TWIN_RATE_REST;
}

/* Spend the rate's time of one frame.  Returns false if it is spent already.
 * Time that was not spent is kept, for TWIN_RATE_BURST frames. */
static bool
spend(uint64_t *spent_tsc, uint64_t now_tsc, uint64_t tsc_hz)
{
	const uint64_t frame_tsc = tsc_hz / TWIN_RATE;
	const uint64_t kept_tsc = TWIN_RATE_BURST * frame_tsc;

	if (now_tsc - *spent_tsc > kept_tsc)
		*spent_tsc = now_tsc - kept_tsc;
	if (now_tsc - *spent_tsc < frame_tsc)
		return false;
	*spent_tsc += frame_tsc;
	return true;
}

static void
flush(struct worker *w, struct worker_twin *twin)
{
	if (twin->count == 0)
		return;
	if (twin->lock != NULL)
		rte_spinlock_lock(twin->lock);
	const uint16_t sent = rte_eth_tx_burst(twin->port_id, twin->queue,
					       twin->frame, twin->count);
	if (twin->lock != NULL)
		rte_spinlock_unlock(twin->lock);
	for (uint16_t i = sent; i < twin->count; i++)
		worker_drop(w, twin->frame[i], MX_DROP_TWIN_FULL);
	w->count->to_kernel += sent;
	twin->count = 0;
}

void
twinqueue_put(struct worker *w, struct rte_mbuf *frame)
{
	struct worker_twin *twin = &w->twin[frame->port];

	if (!twin->is_there) {
		w->count->to_kernel++;
		rte_pktmbuf_free(frame);
		return;
	}
	if (is_for_another(w, frame)) {
		worker_drop(w, frame, MX_DROP_OTHER_HOST);
		return;
	}
	if (is_too_long(w, frame, frame->port)) {
		worker_drop(w, frame, MX_DROP_SUPER_PACKET);
		return;
	}
	if (!spend(&twin->spent_tsc[rate_of(w, frame)], rte_rdtsc(),
		   w->tsc_hz)) {
		worker_drop(w, frame, MX_DROP_TWIN_RATE);
		return;
	}
	twin->frame[twin->count++] = frame;
	if (twin->count == BURST_MAX)
		flush(w, twin);
}

void
twinqueue_flush(struct worker *w)
{
	for (uint16_t port = 0; port < w->ports; port++)
		flush(w, &w->twin[port]);
}

/* Queue a frame of the kernel's for the port. */
static void
send_for_kernel(struct worker *w, struct rte_mbuf *frame, uint16_t port)
{
	if (is_too_long(w, frame, port)) {
		worker_drop(w, frame, MX_DROP_TOO_BIG);
		return;
	}
	asked_note(w->asked, frame);
	worker_send(w, frame, (uint8_t)port);
}

uint16_t
twinqueue_poll(struct worker *w)
{
	struct rte_mbuf *frame[BURST_MAX];
	uint16_t received = 0;

	for (uint16_t port = 0; port < w->ports; port++) {
		const struct worker_twin *twin = &w->twin[port];

		if (!twin->is_polled)
			continue;
		const uint16_t count = rte_eth_rx_burst(
			twin->port_id, twin->queue, frame, BURST_MAX);
		for (uint16_t i = 0; i < count; i++)
			send_for_kernel(w, frame[i], port);
		received = (uint16_t)(received + count);
	}
	w->count->rx += received;
	w->count->from_kernel += received;
	return received;
}
