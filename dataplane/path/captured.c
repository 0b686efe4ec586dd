/* SPDX-License-Identifier: BSD-3-Clause */
#include "captured.h"

#include "passes.h"
#include "twinqueue.h"

/* Returns how many frames the port took. */
static uint16_t
transmit_port(struct worker *w, uint16_t port)
{
	struct tx_burst *tx = &w->tx[port];
	const uint16_t sent = rte_eth_tx_burst(w->port[port].port_id, w->id,
					       tx->frame, tx->count);

	for (uint16_t i = sent; i < tx->count; i++)
		worker_drop(w, tx->frame[i], MX_DROP_TX_FULL);
	w->count->tx += sent;
	tx->count = 0;
	return sent;
}

static void
transmit(struct worker *w, const struct active_plan *active,
	 struct capture *capture)
{
	capture_send(capture, w, active);
	for (uint16_t port = 0; port < w->ports; port++)
		if (w->tx[port].count > 0)
			capture_sent(capture, port, transmit_port(w, port));
	capture_end(capture);
}

/* Frames stay in the tx bursts until the whole burst has passed. */
static void
keep(struct worker *w)
{
	(void)w;
}

/* The frames pass one after the other, where each would wait for its session
 * alone.  Let all of them be loaded first. */
static void
load_sessions(const struct worker *w, const struct active_plan *active,
	      struct rte_mbuf **frame, uint16_t received)
{
	struct packet_info info[BURST_MAX];
	const uint64_t strayed = w->count->strayed;
	uint16_t count = 0;

	for (uint16_t i = 0; i < received; i++)
		if (read_packet(w, active, frame[i], (uint8_t)frame[i]->port,
				&info[count]) == VERDICT_FORWARD)
			count++;
	/* They are counted when they pass. */
	w->count->strayed = strayed;
	for (uint16_t i = 0; i < count; i++)
		read_seek(w, &info[i]);
}

static void
forward(struct worker *w, const struct active_plan *active,
	struct rte_mbuf **frame, uint16_t received, struct capture *capture)
{
	capture_begin(capture);
	load_sessions(w, active, frame, received);
	for (uint16_t i = 0; i < received; i++) {
		capture_frame(capture, w, frame[i]);
		pass_burst(w, active, &frame[i], 1, keep);
		capture_outcome(capture, w);
	}
	transmit(w, active, capture);
}

static uint16_t
poll_port(struct worker *w, const struct active_plan *active, uint16_t port,
	  struct capture *capture)
{
	struct rte_mbuf *frame[BURST_MAX];
	const uint16_t received = rte_eth_rx_burst(w->port[port].port_id, w->id,
						   frame, BURST_MAX);

	for (uint16_t i = 0; i < received; i++)
		frame[i]->port = port; /* as in burst.c */
	if (received > 0)
		forward(w, active, frame, received, capture);
	return received;
}

static uint16_t
poll_ring(struct worker *w, const struct active_plan *active,
	  struct rte_ring *ring, struct capture *capture)
{
	struct rte_mbuf *frame[BURST_MAX];
	const uint16_t received = (uint16_t)rte_ring_sc_dequeue_burst(
		ring, (void **)frame, BURST_MAX, NULL);

	if (received > 0)
		forward(w, active, frame, received, capture);
	return received;
}

static uint16_t
poll_twins(struct worker *w, const struct active_plan *active,
	   uint16_t received, struct capture *capture)
{
	twinqueue_flush(w);
	if (!twinqueue_is_due(w, received))
		return 0;
	const uint16_t sent = twinqueue_poll(w);
	if (sent > 0) {
		capture_kernel(capture, w);
		transmit(w, active, capture);
	}
	return sent;
}

uint16_t
captured_poll(struct worker *w, const struct active_plan *active,
	      struct capture *capture)
{
	const uint64_t begin_tsc = rte_rdtsc();
	uint16_t received = 0;

	const bool busy = pass_tick(w, active, begin_tsc);
	if (busy)
		transmit(w, active, capture);
	for (uint16_t port = 0; port < w->ports; port++)
		received += poll_port(w, active, port, capture);
	for (uint16_t i = 0; i < w->workers; i++)
		if (i != w->id)
			received += poll_ring(w, active, w->from[i], capture);
	if (w->has_twin)
		received += poll_twins(w, active, received, capture);

	w->count->slots_used = w->sessions.used;
	w->count->polls++;
	if (received > 0)
		w->count->busy_cycles += rte_rdtsc() - begin_tsc;
	w->idle.polls = received > 0 || busy ? 0 : w->idle.polls + 1;
	return received;
}
