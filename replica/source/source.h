/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_SOURCE_H
#define MX_REPLICA_SOURCE_H

/* Which sessions of this box its peers are to have, and which of them changed.
 *
 * The workers write their sessions into files, and tell nobody.  So the files are
 * scanned again and again.  A digest says how each session looked when it was
 * noted last.  A slot that looks otherwise now is noted in a ring, once for each
 * scan; each peer has its own place in the ring.
 *
 * Fit        Peers are told of a session that can be told (wiresession.h), and
 *            whose home is this box, or no box, or one whose shadow is not SYNCED
 *            here: then this box has taken the session over.
 * Digest     It is of all fields but the deadline, the checksum deltas, and the
 *            free list's link.  A deadline counts if it moved by
 *            SOURCE_MOVED_S, or if the noted one is near.
 * Doubt      A session in doubt (mx_session_is_doubted()) is left as it was noted,
 *            until the doubt is over: it is neither ended nor changed.  One that was not
 *            noted before is not noted.
 * Torn       The worker may write to the session while it is read.  The session is
 *            copied, and looked at again.  If it has changed meanwhile, it
 *            is left for the next scan.
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "freechain.h"
#include "freechain.h"
#include "groupsheet.h"
#include "sessionmap.h"
#include "wire.h"

#define SOURCE_RING (1u << 20) /* slots that were noted */
#define SOURCE_NEW (1u << 14)  /* slots that are new */
#define SOURCE_MOVED_S 60u
#define SOURCE_NEAR_S 20u

/* How a session was when it was noted last. */
struct source_told {
	uint64_t digest; /* 0: it is looked at whatever it is */
	uint32_t deadline_s;
};

/* Where a scan is. */
struct source_place {
	uint16_t worker;
	uint32_t index;
	bool whole; /* it is one of all slots */
	bool anew;  /* each session is looked at, also if it has not changed */
	uint32_t at_s;
};

/* A session was noted that peers are told of, and whose home is another box: this box
 * has taken it over.  Or it is over at a box that had. */
typedef void source_took(void *arg, uint8_t home,
			 const struct wire_session *session);

struct source {
	struct sessionmap map;
	uint64_t shape;  /* of the files that the rest is of; 0: none */
	uint64_t rounds; /* scans of this shape */
	struct source_told *told;
	size_t told_bytes;
	uint64_t *fit; /* a bit for each slot */
	uint32_t fits; /* bits that are set */
	uint32_t *ring;
	uint64_t head; /* slots that were ever noted */
	struct freechain chain;
	uint32_t fresh[SOURCE_NEW]; /* slots that were taken, a ring */
	uint64_t fresh_head;
	uint64_t fresh_from
		[2]; /* when the last scan, and the one before, began */
	struct source_place place;
	uint32_t
		used_to[MX_WORKERS_MAX]; /* no slot behind it was ever in use */
	bool anew;                       /* the next scan is to be so */
	const struct groupsheet *sheet;  /* NULL: there is no group */
	uint32_t synced;                 /* a bit for each box */
	source_took *took;               /* NULL: nobody wants to know */
	void *took_arg;
	uint64_t scan_us;  /* the last scan took */
	uint64_t slice_us; /* this one, up to now */
};

enum source_found {
	SOURCE_FIT,
	SOURCE_NONE, /* no session that peers are to have */
	SOURCE_TORN, /* it changes just now: a later scan notes it */
};

/* Begin.  Returns 0 or -ENOMEM. */
int source_open(struct source *source, const char *instance);
void source_close(struct source *source);

/* Look for session files that were made anew.  Returns 0, or -ENOMEM if there is no
 * room to note their sessions; then there are none. */
int source_follow(struct source *source);

/* Say that homes have changed.  sheet: whose addresses are whose; it is kept.
 * synced: a bit for each box whose shadow is SYNCED here. */
void source_set_homes(struct source *source, const struct groupsheet *sheet,
		      uint32_t synced);

/* Whom to tell of sessions that were taken over; while they are scanned. */
void source_set_took(struct source *source, source_took *took, void *arg);

/* Tell it of a session of another box, if it is one: it was taken over, or one that was
 * is over. */
void source_note_taken(const struct source *source,
		       const struct wire_session *session);

/* Has a slot a session that peers are told of? */
static inline bool
source_is_fit(const struct source *source, uint32_t slot)
{
	return source->fit[slot / 64] >> slot % 64 & 1;
}

/* Look at a slot, and note it if it has changed.  Returns whether it is in use. */
bool source_look(struct source *source, uint32_t slot,
		 const struct mx_session *live);

/* Forget all sessions: there is no data plane. */
void source_forget(struct source *source);

/* Has every session been looked at once? */
static inline bool
source_is_ready(const struct source *source)
{
	return source->shape != 0 && source->rounds > 0;
}

/* The next slot that was noted behind *cursor, which moves.  Returns 1, 0: there is
 * none, or -EOVERFLOW: slots behind *cursor are forgotten. */
int source_next(const struct source *source, uint64_t *cursor, uint32_t *slot);

/* Move *slot to the next slot from there on that has a fit session.  Returns false
 * if there is none. */
bool source_walk(const struct source *source, uint32_t *slot);

/* Read a session as it is now. */
enum source_found source_read(struct source *source, uint32_t slot,
			      struct wire_session *session);

#endif /* MX_REPLICA_SOURCE_H */
