/* SPDX-License-Identifier: BSD-3-Clause */
#include "eventring.h"

void
mx_event_put(struct mx_event_ring *ring, const struct mx_event *event)
{
	const uint64_t serial =
		atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;

	mx_record_put(ring->slot[serial % MX_EVENTS].word, event,
		      MX_EVENT_WORDS, serial);
	atomic_store_explicit(&ring->head, serial, memory_order_release);
}

bool
mx_event_get(const struct mx_event_ring *ring, uint64_t *tail,
	     struct mx_event *event, uint64_t *lost)
{
	const uint64_t head =
		atomic_load_explicit(&ring->head, memory_order_acquire);

	if (*tail > head)
		*tail = 0;
	if (head - *tail > MX_EVENTS) {
		*lost += head - *tail - MX_EVENTS;
		*tail = head - MX_EVENTS;
	}
	while (*tail < head) {
		++*tail;
		if (mx_record_get(ring->slot[*tail % MX_EVENTS].word, event,
				  MX_EVENT_WORDS, *tail))
			return true;
		++*lost;
	}
	return false;
}
