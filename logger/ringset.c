/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringset.h"

#include "ended.h"

static uint64_t
head_of(const struct mx_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_acquire);
}

static bool
went_back(const struct mx_ring *ring, const struct logged_ring *at)
{
	return at->tail > head_of(ring);
}

uint64_t
ringset_waiting(const struct ringset *set, uint16_t id, struct logged *logged)
{
	const struct mx_ring *ring = ringset_at(set, id);

	if (ring == NULL || went_back(ring, ringset_place(logged, id)))
		return 0;
	return head_of(ring) - ringset_place(logged, id)->tail;
}

/* Where to begin in a ring: behind the record that was done with last.  When the
 * log runs for the first time, nothing is lost yet.  Each record of a ring that is
 * newer than the notes was to have a line: those that were overwritten are lost. */
static void
begin_ring(const struct mx_ring *ring, struct logged_ring *at, bool first)
{
	const uint64_t head = head_of(ring);

	at->tail = first && head > ring->slots
			   ? head - ring->slots
			   : logged_tail(at, ring->identity, head);
	at->identity = ring->identity;
}

/* Map a ring, if it is there and of this version. */
static bool
attach(struct mx_ring_file *file, const char *instance, uint16_t id)
{
	char name[MX_RING_NAME_MAX] = MX_CHANGED_NAME;
	const bool changes = id == CHANGELINE_RING;

	if (!changes)
		mx_ring_name(name, id);
	return mx_ring_file_attach(file, instance, name,
				   changes ? MX_RING_CHANGED : MX_RING_ENDED) ==
		       0 &&
	       file->ring->words ==
		       (changes ? MX_CHANGED_WORDS : MX_ENDED_WORDS);
}

void
ringset_follow(struct ringset *set, const char *instance, struct logged *logged)
{
	const bool first = logged->at_s == 0;

	for (uint16_t i = 0; i < RINGSET_RINGS; i++) {
		struct mx_ring_file *file = &set->file[i];
		struct logged_ring *at = ringset_place(logged, i);

		if (mx_ring_file_is_lost(file) &&
		    ringset_waiting(set, i, logged) == 0)
			mx_ring_file_close(file);
		if (file->ring == NULL && !attach(file, instance, i))
			mx_ring_file_close(file);
		if (file->ring != NULL &&
		    (file->ring->identity != at->identity ||
		     went_back(file->ring, at)))
			begin_ring(file->ring, at, first);
	}
}

void
ringset_close(struct ringset *set)
{
	for (uint16_t i = 0; i < RINGSET_RINGS; i++)
		mx_ring_file_close(&set->file[i]);
}
