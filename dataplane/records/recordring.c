/* SPDX-License-Identifier: BSD-3-Clause */
#include "recordring.h"

static const _Atomic uint64_t *
slot_of(const struct mx_ring_view *view, uint64_t serial)
{
	return &view->ring->word[(size_t)(serial & (view->slots - 1)) *
				 view->words];
}

bool
mx_ring_is_as_viewed(const struct mx_ring_view *view)
{
	const volatile struct mx_ring *ring = view->ring;

	return ring->magic == MX_RING_MAGIC && ring->layout == MX_RING_LAYOUT &&
	       ring->kind == view->kind && ring->words == view->words &&
	       ring->slots == view->slots && ring->identity == view->identity &&
	       ring->tsc_hz == view->tsc_hz;
}

/* The slot of record `serial` does not have it.  Did it have it?  Then it has a
 * later one, or is getting one: each slot behind it has been filled by then. */
static bool
was_overwritten(const struct mx_ring_view *view, uint64_t serial)
{
	const uint64_t found = atomic_load_explicit(slot_of(view, serial),
						    memory_order_acquire);

	if (found == 0)
		return mx_ring_head(view) - serial >= view->slots - 1;
	return found >= serial && ((found - serial) & (view->slots - 1)) == 0;
}

bool
mx_ring_has_had(const struct mx_ring_view *view, uint64_t head)
{
	return head == 0 ||
	       (head <= MX_RING_NUMBER_MAX && was_overwritten(view, head));
}

bool
mx_ring_get(const struct mx_ring_view *view, uint64_t *tail, void *record,
	    struct mx_ring_missed *missed)
{
	const uint64_t head = mx_ring_head(view);

	if (head > *tail && head - *tail > view->slots) {
		if (!mx_ring_has_had(view, head))
			return false;
		missed->overwritten += head - *tail - view->slots;
		*tail = head - view->slots;
	}
	while (*tail < head) {
		++*tail;
		if (mx_record_get(slot_of(view, *tail), record, view->words,
				  *tail))
			return true;
		if (was_overwritten(view, *tail))
			missed->overwritten++;
		else
			missed->damaged++;
	}
	return false;
}
