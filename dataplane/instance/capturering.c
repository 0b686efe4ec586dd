/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturering.h"

static struct mx_capture_record *
record_at(struct mx_capture_ring *ring, uint64_t at)
{
	return (struct mx_capture_record *)(void *)&ring
		->bytes[at % MX_CAPTURE_RING_BYTES];
}

static uint32_t
bytes_to_end(uint64_t at)
{
	return MX_CAPTURE_RING_BYTES - (uint32_t)(at % MX_CAPTURE_RING_BYTES);
}

struct mx_capture_record *
mx_capture_put(struct mx_capture_ring *ring, uint64_t *head, uint16_t captured)
{
	const uint32_t size_bytes = mx_capture_record_bytes(captured);
	const uint32_t to_end = bytes_to_end(*head);
	const uint32_t pad = size_bytes > to_end ? to_end : 0;
	/* Acquire: what the reader has taken out is read. */
	const uint64_t tail =
		atomic_load_explicit(&ring->tail, memory_order_acquire);

	/* A tail that is wrong makes a ring look full, or loses records. */
	if (*head - tail > MX_CAPTURE_RING_BYTES ||
	    *head - tail + pad + size_bytes > MX_CAPTURE_RING_BYTES)
		return NULL;
	if (pad > 0) {
		struct mx_capture_record *rest = record_at(ring, *head);
		rest->size_bytes = pad;
		rest->captured = 0;
		rest->event = MX_CAPTURE_PAD;
		rest->why = 0;
		*head += pad;
	}
	struct mx_capture_record *record = record_at(ring, *head);
	record->size_bytes = size_bytes;
	record->captured = captured;
	*head += size_bytes;
	return record;
}

const struct mx_capture_record *
mx_capture_get(struct mx_capture_ring *ring, uint64_t *tail, uint64_t head)
{
	while (*tail != head && head - *tail <= MX_CAPTURE_RING_BYTES) {
		const struct mx_capture_record *record = record_at(ring, *tail);
		const uint32_t size_bytes = record->size_bytes;

		if (size_bytes < 8 || size_bytes % 8 != 0 ||
		    size_bytes > bytes_to_end(*tail) ||
		    size_bytes > head - *tail)
			break;
		if (record->event != MX_CAPTURE_PAD)
			if (size_bytes ==
				    mx_capture_record_bytes(record->captured) &&
			    record->event < MX_CAPTURE_EVENTS)
				return record;
			else
				break;
		else
			*tail += size_bytes;
	}
	*tail = head;
	return NULL;
}
