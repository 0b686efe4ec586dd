/* SPDX-License-Identifier: BSD-3-Clause */
#include "trunkqueue.h"

#include <string.h>

/* Add to a count of which this thread is the only writer. */
static void
add(_Atomic uint64_t *count, uint64_t more)
{
	atomic_store_explicit(
		count, atomic_load_explicit(count, memory_order_relaxed) + more,
		memory_order_relaxed);
}

/* Send the frames that wait.  Those that the device does not take stay. */
static void
send_waiting(struct trunk_queue *queue, uint16_t number)
{
	const uint16_t device_id = queue->port->trunk->device_id;

	for (;;) {
		if (queue->waiting == 0)
			queue->waiting = (uint16_t)rte_ring_sc_dequeue_burst(
				queue->out, (void **)queue->frame, TRUNK_BURST,
				NULL);
		if (queue->waiting == 0)
			return;
		const uint16_t sent = rte_eth_tx_burst(
			device_id, number, queue->frame, queue->waiting);
		add(&queue->tx, sent);
		queue->waiting = (uint16_t)(queue->waiting - sent);
		if (queue->waiting == 0)
			continue;
		memmove(queue->frame, queue->frame + sent,
			queue->waiting * sizeof(struct rte_mbuf *));
		return;
	}
}

/* The index of the port that gets a frame, whose tag is removed if it belongs
 * to a VLAN of ours; or TRUNK_NO_PORT. */
static uint8_t
find_port(const struct trunk *trunk, struct rte_mbuf *frame)
{
	const bool stripped = frame->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED;
	uint16_t vlan = 0;
	bool tagged = false;

	if (stripped)
		vlan = frame->vlan_tci & TAG_VLAN_MASK;
	else
		tagged = tag_read(frame, &vlan);
	const uint8_t port = trunk->port_of[vlan];
	if (port != TRUNK_NO_PORT || vlan == 0) {
		if (tagged)
			tag_strip(frame);
		return port;
	}
	/* The untagged port gets the frame as it was on the wire. */
	if (stripped && trunk->port_of[0] != TRUNK_NO_PORT &&
	    !tag_insert(frame, frame->vlan_tci))
		return TRUNK_NO_PORT;
	return trunk->port_of[0];
}

/* Distribute a burst of the device.  The frames of `queue` stay in frame[].
 * Returns how many these are. */
static uint16_t
distribute(struct trunk_queue *queue, uint16_t number, struct rte_mbuf **frame,
	   uint16_t count)
{
	struct trunk *trunk = queue->port->trunk;
	struct trunk_line *line = &trunk->line[number];
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++) {
		const uint8_t index = find_port(trunk, frame[i]);

		if (unlikely(index == TRUNK_NO_PORT)) {
			rte_pktmbuf_free(frame[i]);
			add(&line->other_vlan, 1);
			continue;
		}
		struct trunk_port *port = &trunk->port[index];
		if (port == queue->port) {
			frame[kept++] = frame[i];
			continue;
		}
		/* It has room for a burst, and was empty. */
		rte_ring_sp_enqueue(port->queue[number].in, frame[i]);
		line->waiting++;
	}
	return kept;
}

uint16_t
trunk_receive(uint16_t port_id, uint16_t number, struct rte_mbuf **frame,
	      uint16_t count, uint16_t count_max, void *arg)
{
	struct trunk_queue *queue = arg;
	struct trunk *trunk = queue->port->trunk;
	struct trunk_line *line = &trunk->line[number];

	(void)port_id;
	send_waiting(queue, number);
	line->waiting -= count;
	if (count == 0 && line->waiting == 0) {
		count = rte_eth_rx_burst(
			trunk->device_id, number, frame,
			(uint16_t)RTE_MIN(count_max, TRUNK_BURST));
		count = distribute(queue, number, frame, count);
	}
	add(&queue->rx, count);
	return count;
}

uint16_t
trunk_tag(uint16_t port_id, uint16_t number, struct rte_mbuf **frame,
	  uint16_t count, void *arg)
{
	const struct trunk_queue *queue = arg;
	const uint16_t vlan = queue->port->vlan;
	const bool card = queue->port->trunk->inserts;

	(void)port_id, (void)number;
	for (uint16_t i = 0; i < count;) {
		struct rte_mbuf *one = frame[i];

		if (card) {
			one->ol_flags |= RTE_MBUF_F_TX_VLAN;
			one->vlan_tci = vlan;
		} else if (unlikely(!tag_insert(one, vlan))) {
			frame[i] = frame[--count];
			frame[count] = one;
			continue;
		}
		i++;
	}
	return count;
}
