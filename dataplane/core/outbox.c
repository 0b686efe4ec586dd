/* SPDX-License-Identifier: BSD-3-Clause */
#include "outbox.h"

void
outbox_send(struct worker *w)
{
	struct rte_mbuf *frame[BURST_MAX];

	/* Clear it before looking: a frame that comes later sets it again. */
	atomic_exchange_explicit(&w->outbox_waits, false, memory_order_acquire);
	const unsigned count = rte_ring_sc_dequeue_burst(
		w->outbox, (void **)frame, BURST_MAX, NULL);
	for (unsigned i = 0; i < count; i++)
		worker_send(w, frame[i], (uint8_t)frame[i]->port);
	w->count->made += count;
	if (count == BURST_MAX)
		atomic_store_explicit(&w->outbox_waits, true,
				      memory_order_relaxed);
}
