/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringset.h"

#include <errno.h>
#include <string.h>

#include "cutguard.h"
#include "log.h"

static bool
went_back(const struct mx_ring_view *ring, const struct logged_ring *at)
{
	return at->tail > mx_ring_head(ring);
}

uint64_t
ringset_waiting(const struct ringset *set, uint16_t id, struct logged *logged)
{
	const struct mx_ring_view *ring = ringset_at(set, id);

	if (ring == NULL || went_back(ring, ringset_place(logged, id)))
		return 0;
	return mx_ring_head(ring) - ringset_place(logged, id)->tail;
}

static void
name_of(uint16_t id, char name[static MX_RING_NAME_MAX])
{
	if (id == CHANGELINE_RING)
		strcpy(name, MX_CHANGED_NAME);
	else
		mx_ring_name(name, id);
}

/* Count that a ring is refused, and say so the first time.  A ring that stays
 * refused counts once. */
static void
refuse(struct ringset *set, uint16_t id, enum logged_refusal why,
       struct logged *logged)
{
	static const char *const texts[LOGGED_REFUSALS] = {
		[LOGGED_REFUSED_VERSION] =
			"it is of another version: restart mxsteer-log",
		[LOGGED_REFUSED_OWNER] =
			"others than its writer could write to it",
		[LOGGED_REFUSED_SIZES] = "its sizes do not fit the file",
		[LOGGED_REFUSED_CHANGED] = "its header was changed",
		[LOGGED_REFUSED_CUT] = "the file was cut",
		[LOGGED_REFUSED_NUMBER] =
			"it cannot have as many records as it says",
		[LOGGED_REFUSED_ACCESS] = "it cannot be opened",
	};
	struct ringset_refused *refused = &set->refused[id];
	const uint8_t bit = (uint8_t)(1u << why);
	char name[MX_RING_NAME_MAX];

	if (refused->now != bit)
		logged->refused[why]++;
	refused->now = bit;
	if ((refused->told & bit) != 0)
		return;
	refused->told |= bit;
	name_of(id, name);
	log_line(LOG_LEVEL_ERROR, "ring %s: %s; lines of its records are lost",
		 name, texts[why]);
}

/* Where to begin in a ring: behind the record that was done with last.  When the
 * log runs for the first time, nothing is lost yet.  Each record of a ring that is
 * newer than the notes was to have a line: those that were overwritten are lost. */
static void
begin_ring(const struct mx_ring_view *ring, struct logged_ring *at, bool first)
{
	const uint64_t head = mx_ring_head(ring);

	at->tail = first && head > ring->slots
			   ? head - ring->slots
			   : logged_tail(at, ring->identity, head);
	at->identity = ring->identity;
}

/* Map a ring, if it is there and can be believed. */
static void
attach(struct ringset *set, const char *instance, uint16_t id,
       struct logged *logged)
{
	const enum mx_ring_kind kind =
		id == CHANGELINE_RING ? MX_RING_CHANGED : MX_RING_ENDED;
	char name[MX_RING_NAME_MAX];

	name_of(id, name);
	switch (mx_ring_file_attach(&set->file[id], instance, name, kind)) {
	case -EPROTO:
		refuse(set, id, LOGGED_REFUSED_VERSION, logged);
		break;
	case -EPERM:
		refuse(set, id, LOGGED_REFUSED_OWNER, logged);
		break;
	case -EBADMSG:
		refuse(set, id, LOGGED_REFUSED_SIZES, logged);
		break;
	case -EAGAIN: /* its writer is making it, or it was cut */
		break;
	case 0:
	case -ENOENT:
		set->refused[id].now = 0;
		break;
	default:
		refuse(set, id, LOGGED_REFUSED_ACCESS, logged);
	}
}

/* Leave a ring that was changed or cut, or that lost its name and has been read.
 * zeros: some ring has pages of zeros, which stay until it is mapped anew, so
 * each ring is left that still has its name. */
static void
leave(struct ringset *set, uint16_t id, bool zeros, struct logged *logged)
{
	struct mx_ring_file *file = &set->file[id];
	const bool lost = mx_ring_file_is_lost(file);

	if (mx_ring_file_is_cut(file))
		refuse(set, id, LOGGED_REFUSED_CUT, logged);
	else if (!mx_ring_is_as_viewed(&file->view))
		refuse(set, id, LOGGED_REFUSED_CHANGED, logged);
	else if (lost ? ringset_waiting(set, id, logged) > 0 : !zeros)
		return;
	mx_ring_file_close(file);
}

/* Find the place in a ring that is new, or whose number is wrong. */
static void
place(struct ringset *set, uint16_t id, bool first, struct logged *logged)
{
	const struct mx_ring_view *ring = ringset_at(set, id);
	struct logged_ring *at = ringset_place(logged, id);
	const bool known = at->identity == ring->identity;
	const uint64_t head = mx_ring_head(ring);

	if ((known && went_back(ring, at)) || !mx_ring_has_had(ring, head)) {
		refuse(set, id, LOGGED_REFUSED_NUMBER, logged);
		set->refused[id].now = 0;
		*at = (struct logged_ring){.identity = ring->identity,
					   .tail = head};
	} else if (!known) {
		begin_ring(ring, at, first);
	}
}

void
ringset_follow(struct ringset *set, const char *instance, struct logged *logged)
{
	const bool first = logged->at_s == 0;
	const int hits = mx_cutguard_hits();
	const bool zeros = hits != set->hits;

	set->hits = hits;
	logged->unread = 0;
	for (uint16_t i = 0; i < RINGSET_RINGS; i++) {
		if (set->file[i].ring != NULL)
			leave(set, i, zeros, logged);
		if (set->file[i].ring == NULL)
			attach(set, instance, i, logged);
		if (set->file[i].ring != NULL)
			place(set, i, first, logged);
		logged->unread += set->refused[i].now != 0;
	}
}

void
ringset_close(struct ringset *set)
{
	for (uint16_t i = 0; i < RINGSET_RINGS; i++)
		mx_ring_file_close(&set->file[i]);
}
