/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_RINGSET_H
#define MX_LOGGER_RINGSET_H

/* The rings of an instance, and how far each has been read: those of the workers,
 * and that of changes.
 *
 * Threads    main. */
#include <assert.h>
#include <stdint.h>

#include "changeline.h"
#include "logged.h"
#include "ringfile.h"

/* Those of the workers, and that of changes. */
#define RINGSET_RINGS (MX_WORKERS_MAX + 1)
static_assert(CHANGELINE_RING == MX_WORKERS_MAX, "it is the last one");

struct ringset {
	struct mx_ring_file file[RINGSET_RINGS];
	struct ringset_refused {
		uint8_t now;  /* a bit for the enum logged_refusal; 0: none */
		uint8_t told; /* bits of all that were told of */
	} refused[RINGSET_RINGS];
	int hits; /* of the guard against files that are cut */
};
static_assert(LOGGED_REFUSALS <= 8, "a bit for each");

/* Take up rings that are there, and leave those that lost their name and have
 * been read.  *logged has the places.  A ring that cannot be believed is refused,
 * which *logged counts. */
void ringset_follow(struct ringset *set, const char *instance,
		    struct logged *logged);
void ringset_close(struct ringset *set);

/* A ring, or NULL. */
static inline const struct mx_ring_view *
ringset_at(const struct ringset *set, uint16_t id)
{
	return set->file[id].ring == NULL ? NULL : &set->file[id].view;
}

/* How far a ring has been read. */
static inline struct logged_ring *
ringset_place(struct logged *logged, uint16_t id)
{
	return id == CHANGELINE_RING ? &logged->changes : &logged->ring[id];
}

/* How many records of a ring are not read. */
uint64_t ringset_waiting(const struct ringset *set, uint16_t id,
			 struct logged *logged);

#endif /* MX_LOGGER_RINGSET_H */
