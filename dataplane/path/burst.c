/* SPDX-License-Identifier: BSD-3-Clause */
/* The fast path: bursts of frames from every port and every other worker. */
#include "burst.h"

#include "passes.h"
#include "twinqueue.h"

static void
transmit(struct worker *w, uint16_t port)
{
	struct tx_burst *tx = &w->tx[port];

	if (tx->count == 0)
		return;
	const uint16_t sent = rte_eth_tx_burst(w->port[port].port_id, w->id,
					       tx->frame, tx->count);
	for (uint16_t i = sent; i < tx->count; i++)
		worker_drop(w, tx->frame[i], MX_DROP_TX_FULL);
	w->count->tx += sent;
	tx->count = 0;
}

/* After every burst, however small what it leaves.  Frames that were held for
 * others, up to 50 us while polls found any, went out in bursts no larger: a
 * poll that finds few is followed by one that finds none, and the more there is
 * the longer bursts are by themselves. */
static void
transmit_all(struct worker *w)
{
	for (uint16_t port = 0; port < w->ports; port++)
		transmit(w, port);
}

static void
forward_burst(struct worker *w, const struct active_plan *active,
	      struct rte_mbuf **frame, uint16_t received)
{
	pass_burst(w, active, frame, received, transmit_all);
}

static uint16_t
poll_port(struct worker *w, const struct active_plan *active, uint16_t port)
{
	struct rte_mbuf *frame[BURST_MAX];
	const uint16_t received = rte_eth_rx_burst(w->port[port].port_id, w->id,
						   frame, BURST_MAX);

	if (received == 0)
		return 0;
	/* Replace DPDK's port number by ours, which tables, sessions and other
	 * workers use. */
	for (uint16_t i = 0; i < received; i++)
		frame[i]->port = port;
	forward_burst(w, active, frame, received);
	return received;
}

static uint16_t
poll_ring(struct worker *w, const struct active_plan *active,
	  struct rte_ring *ring)
{
	struct rte_mbuf *frame[BURST_MAX];
	const uint16_t received = (uint16_t)rte_ring_sc_dequeue_burst(
		ring, (void **)frame, BURST_MAX, NULL);

	if (received > 0)
		forward_burst(w, active, frame, received);
	return received;
}

/* Exchange frames with the kernel.  Returns how many it sent.  Not inline, which
 * would cost the packets of all ports 10 instructions (bench/count). */
static __rte_noinline uint16_t
poll_twins(struct worker *w, uint16_t received)
{
	twinqueue_flush(w);
	if (!twinqueue_is_due(w, received))
		return 0;
	const uint16_t sent = twinqueue_poll(w);
	if (sent > 0)
		transmit_all(w);
	return sent;
}

uint16_t
worker_poll(struct worker *w, const struct active_plan *active)
{
	const uint64_t begin_tsc = rte_rdtsc();
	uint16_t received = 0;

	const bool busy = pass_tick(w, active, begin_tsc);
	if (unlikely(busy))
		transmit_all(w);
	for (uint16_t port = 0; port < w->ports; port++)
		received += poll_port(w, active, port);
	for (uint16_t i = 0; i < w->workers; i++)
		if (i != w->id)
			received += poll_ring(w, active, w->from[i]);
	if (unlikely(w->has_twin))
		received += poll_twins(w, received);

	w->count->slots_used = w->sessions.used;
	w->count->polls++;
	if (received > 0)
		w->count->busy_cycles += rte_rdtsc() - begin_tsc;
	w->idle.polls = received > 0 || busy ? 0 : w->idle.polls + 1;
	return received;
}
