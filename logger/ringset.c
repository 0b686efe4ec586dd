/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringset.h"

#include "ended.h"

static uint64_t
head_of(const struct mx_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_acquire);
}

uint64_t
ringset_waiting(const struct ringset *set, uint16_t id, struct logged *logged)
{
	const struct mx_ring *ring = ringset_at(set, id);

	return ring == NULL ? 0
			    : head_of(ring) - ringset_place(logged, id)->tail;
}

/* Where to begin in a ring: behind the record that was done with last.  Of a ring
 * that is new to this log, nothing is lost yet. */
static void
begin_ring(const struct mx_ring *ring, struct logged_ring *at)
{
	const uint64_t head = head_of(ring);

	if (at->identity == ring->identity && at->tail <= head)
		return;
	at->identity = ring->identity;
	at->tail = head > ring->slots ? head - ring->slots : 0;
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
	for (uint16_t i = 0; i < RINGSET_RINGS; i++) {
		struct mx_ring_file *file = &set->file[i];

		if (mx_ring_file_is_lost(file) &&
		    ringset_waiting(set, i, logged) == 0)
			mx_ring_file_close(file);
		if (file->ring != NULL)
			continue;
		if (attach(file, instance, i))
			begin_ring(file->ring, ringset_place(logged, i));
		else
			mx_ring_file_close(file);
	}
}

void
ringset_close(struct ringset *set)
{
	for (uint16_t i = 0; i < RINGSET_RINGS; i++)
		mx_ring_file_close(&set->file[i]);
}
