/* SPDX-License-Identifier: BSD-3-Clause */
#include "recordring.h"

bool
mx_ring_get(const struct mx_ring *ring, uint64_t *tail, void *record,
	    uint64_t *lost)
{
	const uint64_t head =
		atomic_load_explicit(&ring->head, memory_order_acquire);

	if (head > *tail && head - *tail > ring->slots) {
		*lost += head - *tail - ring->slots;
		*tail = head - ring->slots;
	}
	while (*tail < head) {
		++*tail;
		if (mx_record_get(&ring->word[(*tail & (ring->slots - 1)) *
					      ring->words],
				  record, ring->words, *tail))
			return true;
		++*lost;
	}
	return false;
}
