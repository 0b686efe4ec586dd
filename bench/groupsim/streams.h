/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUPSIM_STREAMS_H
#define MX_GROUPSIM_STREAMS_H

/* The streams between all boxes of a simulated group.  What a session is as bytes,
 * which one can be told, and what a shadow makes of it, is the product's code
 * (replica/wire, group/shadow.h).  When a slot is told follows the rules of
 * replica/source, and when a stream is SYNCED those of replica/peers.c.
 *
 * Threads    main. */
#include "box.h"

struct streams_count {
	uint64_t records;
	uint64_t bytes;
	uint64_t taught; /* records of teaching, among them */
	uint64_t taught_bytes;
};

/* What a box that may have lost its sessions was told of them (give.h). */
struct give {
	uint32_t *slot_of;  /* by entry of its shadow: plus one; 0: not told */
	uint32_t *entry_of; /* by slot of the box that tells it: the same */
	uint32_t walk;
	uint32_t check;
	uint32_t free;
	uint32_t given;
	uint32_t told;
};

/* One direction of two boxes. */
struct stream {
	bool on;
	bool cut;
	uint32_t at; /* TEACHING: the slot that is told next */
	uint32_t records;
	uint32_t began_ms;
	uint32_t put_ms;       /* the last session was told */
	uint32_t synced_at_ms; /* 0: it is not */
	struct give give;
	uint64_t *told; /* TEACHING: slots that were told, a bit each */
};

struct streams {
	struct group *group;
	struct box *box; /* [boxes + 1], by number */
	struct stream stream[MX_BOXES_MAX + 1][MX_BOXES_MAX + 1]; /* from, to */
	uint32_t started_ms[MX_BOXES_MAX + 1];
	uint32_t teach_per_step; /* records that a box takes in */
	uint32_t now_ms;
	struct streams_count count;
};

/* Begin the streams from and to a box that has started; end those of one that has
 * died; cut those between two boxes. */
void streams_begin(struct streams *streams, uint8_t box);
void streams_lose(struct streams *streams, uint8_t box);
void streams_cut(struct streams *streams, uint8_t a, uint8_t b);

/* A period: what has changed is told, and those who teach go on.
 * whole: all slots are looked at. */
void streams_step(struct streams *streams, bool whole);

/* Are all streams from and to the box SYNCED that there are? */
bool streams_are_synced(const struct streams *streams, uint8_t box);

#endif /* MX_GROUPSIM_STREAMS_H */
