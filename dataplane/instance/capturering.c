/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturering.h"

#include <stdbool.h>
#include <string.h>

/* Size, captured, event and why. */
#define START_BYTES offsetof(struct mx_capture_record, frame_bytes)

static const uint8_t *
bytes_at(const struct mx_capture_ring *ring, uint64_t at)
{
	return &ring->bytes[at % MX_CAPTURE_RING_BYTES];
}

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

/* Copy what a pad has too.  Returns false if such a record cannot be there. */
static bool
copy_start(const struct mx_capture_ring *ring, uint64_t tail, uint64_t head,
	   struct mx_capture_record *record)
{
	/* All sizes are multiples of 8, so only a wrong head leads to another
	 * tail. */
	if (head - tail > MX_CAPTURE_RING_BYTES || tail % 8 != 0)
		return false;
	memcpy(record, bytes_at(ring, tail), START_BYTES);
	return record->size_bytes >= START_BYTES &&
	       record->size_bytes % 8 == 0 &&
	       record->size_bytes <= bytes_to_end(tail) &&
	       record->size_bytes <= head - tail;
}

const uint8_t *
mx_capture_get(const struct mx_capture_ring *ring, uint64_t *tail,
	       uint64_t head, struct mx_capture_record *record)
{
	while (*tail != head && copy_start(ring, *tail, head, record)) {
		const uint8_t *at = bytes_at(ring, *tail);

		if (record->event == MX_CAPTURE_PAD) {
			*tail += record->size_bytes;
			continue;
		}
		if (record->event >= MX_CAPTURE_EVENTS ||
		    record->size_bytes !=
			    mx_capture_record_bytes(record->captured))
			break;
		memcpy((uint8_t *)record + START_BYTES, at + START_BYTES,
		       sizeof(*record) - START_BYTES);
		return at + sizeof(*record);
	}
	*tail = head;
	return NULL;
}
