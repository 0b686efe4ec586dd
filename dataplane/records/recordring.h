/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECORDRING_H
#define MX_RECORDRING_H

/* A ring of records that one process writes and the program mxsteer-log reads.
 * A ring is a file (instance/ringfile.h), and outlives both processes.
 *
 * Lost       A ring never waits for its reader: it overwrites its oldest record.
 *            The serial of a record tells the reader how many it has lost.
 * Shape      a header, then slots[] of as many words as a record has.  Record
 *            number n, from 1 on, is in slot n % slots.  Its first word is its
 *            serial, n.  A record that is being written has the serial 0.
 * Believed   The writer can change all of the ring at any time.  A reader checks a
 *            copy of its header, and uses that copy alone.
 * Killed     A writer that is killed within mx_ring_put() has put no record.
 *            The next writer goes on behind `head`.
 * Threads    put: one writer.  get: any, at any time. */
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eventring.h"

#define MX_RING_MAGIC 0x6473726f636572e6u
/* Raised with every change of this header or of a record; ABI.md has the
 * history. */
#define MX_RING_LAYOUT 1

enum mx_ring_kind {
	MX_RING_ENDED,   /* struct mx_ended: ended.h */
	MX_RING_CHANGED, /* struct mx_changed: changed.h */
	MX_RING_KINDS,
};

struct mx_ring {
	alignas(64) _Atomic uint64_t magic;
	uint32_t layout;
	uint16_t kind;     /* enum mx_ring_kind */
	uint16_t words;    /* of 8 bytes, of a record */
	uint32_t slots;    /* a power of two */
	uint32_t identity; /* chance: tells the ring from others of its name */
	uint64_t tsc_hz;   /* unit of times of records; 0: they have none */
	alignas(64) _Atomic uint64_t head; /* records put so far */
	alignas(64) _Atomic uint64_t word[];
};

#define MX_RING_WORDS_MAX 128
#define MX_RING_SLOTS_MAX (1u << 20)
/* No ring gets so many records: 200,000 a second for 44 years. */
#define MX_RING_NUMBER_MAX (UINT64_C(1) << 48)

/* Words of a record of this type, whose first field is its serial. */
#define MX_RING_WORDS(type) (sizeof(type) / sizeof(uint64_t))

static inline size_t
mx_ring_size(uint32_t slots, uint32_t words)
{
	return offsetof(struct mx_ring, word) +
	       (size_t)slots * words * sizeof(uint64_t);
}

/* Put a record, whose serial need not be set.  words: as the ring has, a
 * constant. */
static inline void
mx_ring_put(struct mx_ring *ring, const void *record, uint32_t words)
{
	const uint64_t serial =
		atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;

	mx_record_put(&ring->word[(serial & (ring->slots - 1)) * words], record,
		      words, serial);
	atomic_store_explicit(&ring->head, serial, memory_order_release);
}

/* What a reader believes of a ring: its header, as it was when it was checked. */
struct mx_ring_view {
	const struct mx_ring *ring;
	uint64_t tsc_hz;
	uint32_t slots;
	uint32_t identity;
	uint16_t kind;
	uint16_t words;
};

/* Records that a reader did not get. */
struct mx_ring_missed {
	uint64_t overwritten;
	uint64_t damaged; /* their slots never had them */
};

/* header: a copy of the ring's that was checked, and that its file has room for. */
static inline struct mx_ring_view
mx_ring_view(const struct mx_ring *ring, const struct mx_ring *header)
{
	return (struct mx_ring_view){
		.ring = ring,
		.tsc_hz = header->tsc_hz,
		.slots = header->slots,
		.identity = header->identity,
		.kind = header->kind,
		.words = header->words,
	};
}

/* How many records were put, as the writer says. */
static inline uint64_t
mx_ring_head(const struct mx_ring_view *view)
{
	return atomic_load_explicit(&view->ring->head, memory_order_acquire);
}

/* Is the header still the one that was checked? */
bool mx_ring_is_as_viewed(const struct mx_ring_view *view);

/* Can the ring have so many records?  It cannot if they are too many, or if their
 * last one never was in its slot. */
bool mx_ring_has_had(const struct mx_ring_view *view, uint64_t head);

/* Copy the record behind record *tail to `record`, and step *tail.  Records that
 * are not there are stepped over, and counted in *missed.
 * Returns false if there is no record behind *tail, or if the ring cannot have as
 * many as it says. */
bool mx_ring_get(const struct mx_ring_view *view, uint64_t *tail, void *record,
		 struct mx_ring_missed *missed);

#endif /* MX_RECORDRING_H */
