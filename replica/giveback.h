/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_GIVEBACK_H
#define MX_REPLICA_GIVEBACK_H

/* Sessions of a peer that it may have lost, and that are in its shadow here alone.
 *
 * A box that comes back with an empty table knows none of its sessions.  Those that
 * another box has taken over are told by that box as its own.  The rest has had no
 * packet: it is only in the shadows of the box.  So whoever teaches the box also
 * gives these entries back, before SYNCED.
 *
 * Kept       An entry of the shadow that the peer has not told by its present stream,
 *            while the shadow is not SYNCED.  Only sessions whose home is the
 *            peer are given: it takes no others home.
 * Numbers    An entry is told as a session of a slot of our own that has no session
 *            for peers, so that the peer's shadow of us needs no more room.  If a
 *            session comes to the slot, the entry is told again by another one.
 * Ended      An entry that is not kept any more is ended at the peer: the peer has
 *            told it itself, or all that it has; or this box has taken the session
 *            over, and tells it as its own.
 * Threads    main. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink.h"
#include "source.h"

struct giveback {
	const struct source *source;
	const struct sink *sink; /* NULL: nothing is given */
	uint64_t made;           /* the sink's file that the numbers are of */
	uint32_t entries;        /* of the shadow */
	uint32_t slots;          /* of our own */
	uint32_t *slot_of;       /* by entry: its slot plus one; 0: not told */
	uint32_t *entry_of;      /* by slot: its entry plus one */
	uint32_t walk;           /* the next entry that may be told */
	uint32_t check;          /* ... that may have to be ended */
	uint32_t checks;         /* that may be done until giveback_rest() */
	uint32_t free;           /* where a free slot is looked for */
	uint32_t given;          /* entries that the peer has */
	uint32_t told;           /* entries that were ever told */
	uint32_t unplaced;       /* entries that no slot was free for */
};

/* Begin for a new stream to the peer of a sink; NULL: nothing will be given. */
void giveback_begin(struct giveback *give, const struct source *source,
		    const struct sink *sink);
void giveback_end(struct giveback *give);

/* The next message for the peer.  Returns false if there is none now.  *left: entries
 * that may be looked at, which is counted down. */
bool giveback_next(struct giveback *give, uint32_t *left,
		   struct wire_message *message);

/* Have all kept entries been told? */
bool giveback_is_through(const struct giveback *give);

/* The stream has nothing to send now: later some more entries may be checked. */
void giveback_rest(struct giveback *give);

/* Has the peer an entry by this slot of ours? */
static inline bool
giveback_has(const struct giveback *give, uint32_t slot)
{
	return give->given > 0 && give->entry_of[slot] != 0;
}

/* A session of our own is told by this slot. */
void giveback_yield(struct giveback *give, uint32_t slot);

/* Log how much was told. */
void giveback_log(const struct giveback *give);

#endif /* MX_REPLICA_GIVEBACK_H */
