/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_EVENTRING_H
#define MX_TABLES_EVENTRING_H

/* What backends did to sessions: a ring of records for each worker.
 *
 * A worker records how a backend greeted a session, and that a backend left a
 * session unserved.  A packet of an established session records nothing.  The
 * control plane reads the rings many times a second.  How sessions end is in
 * rings of their own (records/ended.h).
 *
 * Lost       A ring never waits for its reader: it overwrites its oldest record.
 *            The serial of a record tells the reader how many it has lost.
 * Shape      record number n, from 1 on, is in slot n % MX_EVENTS.  Its serial
 *            is n.  A record that is being written has the serial 0.
 * Threads    put: the worker that owns the ring.  get: any, at any time. */
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"

/* 128 KiB a worker: with 20 looks a second 40,000 records a second are read.  It
 * is a power of two. */
#define MX_EVENTS 2048u

enum mx_event_kind {
	MX_EVENT_GREETED,  /* the first word of the backend; enum mx_greeting */
	MX_EVENT_UNSERVED, /* enum mx_unserved, but for BUSY: see GREETED */
	MX_EVENT_KINDS,
};

/* What a backend says first. */
enum mx_greeting {
	MX_GREETING_SERVES, /* all that is none of the following */
	MX_GREETING_4XX,
	MX_GREETING_5XX,
	MX_GREETING_FIN, /* no word, and the end of the connection */
	MX_GREETING_RST,
	MX_GREETINGS,
};

/* Bits of mx_event.flags. */
#define MX_EVENT_OWN                                                           \
	1 /* the backend itself did so: the segment that tells it can only be  \
	   * the backend's (flow/side.h), and the client had not spoken before \
	   * its greeting */

struct mx_event {
	alignas(64) uint64_t serial;
	uint64_t at_tsc;   /* when: comparable between workers */
	uint32_t at_s;     /* the same, CLOCK_MONOTONIC */
	uint32_t opened_s; /* when the session began, CLOCK_MONOTONIC */
	struct mx_addr client;
	uint32_t wait_us; /* for the greeting, or without one (MUTE); 0: not
			   * known */
	uint16_t client_port_be;
	uint16_t backend;
	uint8_t service;
	uint8_t kind; /* enum mx_event_kind */
	uint8_t what; /* by kind: see there */
	uint8_t flags;
};
static_assert(sizeof(struct mx_event) == 64, "one cache line a record");

#define MX_EVENT_WORDS (sizeof(struct mx_event) / sizeof(uint64_t))

/* A struct mx_event as both sides copy it: word by word, so that a reader that
 * meets the writer sees old words or new ones. */
struct mx_event_slot {
	alignas(64) _Atomic uint64_t word[MX_EVENT_WORDS]; /* [0]: serial */
};

struct mx_event_ring {
	alignas(64) _Atomic uint64_t head; /* records put so far */
	struct mx_event_slot slot[MX_EVENTS];
};

/* The slot of a record of any ring (see records/recordring.h): copy a record of
 * so many words to it, in place of an older one. */
static inline void
mx_record_put(_Atomic uint64_t *slot, const void *record, uint32_t words,
	      uint64_t serial)
{
	uint64_t word;

	/* Release: a reader that sees it sees all records before. */
	atomic_store_explicit(&slot[0], 0, memory_order_release);
	/* Release: a reader that sees a new word sees no old serial. */
	for (uint32_t i = 1; i < words; i++) {
		memcpy(&word, (const uint8_t *)record + i * sizeof(word),
		       sizeof(word));
		atomic_store_explicit(&slot[i], word, memory_order_release);
	}
	/* Release: a reader that sees the serial sees all words. */
	atomic_store_explicit(&slot[0], serial, memory_order_release);
}

/* Copy record number `serial` from it.  Returns false if it has another one, or
 * got another one meanwhile; the copy means nothing then. */
static inline bool
mx_record_get(const _Atomic uint64_t *slot, void *record, uint32_t words,
	      uint64_t serial)
{
	const uint64_t found =
		atomic_load_explicit(&slot[0], memory_order_acquire);

	memcpy(record, &found, sizeof(found));
	/* Acquire: if any word was new, so is the serial below. */
	for (uint32_t i = 1; i < words; i++) {
		const uint64_t word =
			atomic_load_explicit(&slot[i], memory_order_acquire);

		memcpy((uint8_t *)record + i * sizeof(word), &word,
		       sizeof(word));
	}
	return found == serial &&
	       atomic_load_explicit(&slot[0], memory_order_relaxed) == serial;
}

/* Put a record, whose serial need not be set. */
void mx_event_put(struct mx_event_ring *ring, const struct mx_event *event);

/* Copy the record behind record *tail, and step *tail.  Records that have been
 * overwritten are stepped over, and counted in *lost.  A ring that has fewer
 * records than *tail was begun anew: it is read from its start.
 * Returns false if there is no record behind *tail. */
bool mx_event_get(const struct mx_event_ring *ring, uint64_t *tail,
		  struct mx_event *event, uint64_t *lost);

#endif /* MX_TABLES_EVENTRING_H */
