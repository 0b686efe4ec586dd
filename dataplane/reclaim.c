/* SPDX-License-Identifier: BSD-3-Clause */
#include "reclaim.h"

#include <errno.h>
#include <stdlib.h>

#include "tcpstate.h"
#include "worker.h"

#define ENTRIES_MAX (1u << 17)

/* Entries looked at per SYN.  Each is looked at once, so that over time a SYN
 * pays for the one that it made. */
#define STEPS 16

/* The last ACKs of a session have passed by then. */
#define OVER_REST_S 1

int
reclaim_make(struct reclaim *reclaim, uint32_t sessions)
{
	uint32_t entries = 1;

	while (entries < sessions && entries < ENTRIES_MAX)
		entries *= 2;
	*reclaim = (struct reclaim){
		.mask = entries - 1,
		.half.entry = calloc(entries, sizeof(struct reclaim_entry)),
		.over.entry = calloc(entries, sizeof(struct reclaim_entry)),
	};
	if (reclaim->half.entry != NULL && reclaim->over.entry != NULL)
		return 0;
	reclaim_free(reclaim);
	return -ENOMEM;
}

void
reclaim_free(struct reclaim *reclaim)
{
	free(reclaim->half.entry);
	free(reclaim->over.entry);
	reclaim->half.entry = NULL;
	reclaim->over.entry = NULL;
}

static void
note(struct worker *w, struct reclaim_queue *queue, const struct mx_session *s)
{
	const uint32_t mask = w->reclaim.mask;

	if (queue->tail - queue->head > mask)
		queue->head++;
	queue->entry[queue->tail++ & mask] = (struct reclaim_entry){
		.session = session_index(&w->sessions, s),
		.client_seq = s->client_seq,
		.since_s = w->now_s,
	};
}

void
reclaim_note_half(struct worker *w, const struct mx_session *s)
{
	note(w, &w->reclaim.half, s);
}

void
reclaim_note_over(struct worker *w, const struct mx_session *s)
{
	note(w, &w->reclaim.over, s);
}

/* The session of an entry if it still is in the class that the queue is for,
 * or NULL. */
static struct mx_session *
still(struct worker *w, const struct reclaim_entry *entry,
      enum session_class class)
{
	struct mx_session *s = session_at(&w->sessions, entry->session);
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	return state != MX_SESSION_FREE &&
			       s->client_seq == entry->client_seq &&
			       session_class_of(state, session_is_direct(s)) ==
				       class
		       ? s
		       : NULL;
}

struct mx_session *
reclaim_next(struct worker *w)
{
	struct reclaim *r = &w->reclaim;
	struct mx_session *s;
	int steps = STEPS;

	for (; steps > 0 && r->over.head != r->over.tail; steps--) {
		const struct reclaim_entry *entry =
			&r->over.entry[r->over.head & r->mask];

		s = still(w, entry, SESSION_CLASS_OVER);
		if (s != NULL && w->now_s - entry->since_s < OVER_REST_S)
			break; /* later ones have rested less */
		r->over.head++;
		if (s != NULL)
			return s;
	}
	for (; steps > 0 && r->half.head != r->half.tail; steps--) {
		s = still(w, &r->half.entry[r->half.head++ & r->mask],
			  SESSION_CLASS_HALF);
		if (s != NULL)
			return s;
	}
	return NULL;
}
