/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_SENDER_H
#define MX_REPLICA_SENDER_H

/* The stream of our sessions to one peer.
 *
 *   IDLE -> DIALS -> GREETS -> TEACHES -> FOLLOWS
 *     ^_______|_________|_________|__________|  the link is gone, or is closed
 *
 * IDLE     It waits for its next try; pauses are SENDER_PAUSE_MIN_MS at first, and
 *          twice as long each time.
 * GREETS   HELLO was sent; the peer answers WELCOME.
 * TEACHES  All fit sessions are sent by the order of their slots, and then the
 *          changes since, and what the peer may have lost (giveback.h).  SYNCED
 *          ends it.
 * FOLLOWS  Changes are sent.
 *
 * Slow     Nothing waits for a peer that does not read: its place in the ring of
 *          changes is overtaken, and it is taught anew by a new stream.
 * Closed   A stream is of one shape of our session files, and of one running data
 *          plane.  It ends with it.
 * Threads  main. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "own.h"
#include "teller.h"

#define SENDER_PAUSE_MIN_MS 200
#define SENDER_PAUSE_MAX_MS 5000
#define SENDER_TICK_MS 200
#define SENDER_TICKS 64u /* without an answer */

enum sender_state {
	SENDER_IDLE,
	SENDER_DIALS,
	SENDER_GREETS,
	SENDER_TEACHES,
	SENDER_FOLLOWS,
};

struct sender {
	struct own *own;
	uint8_t box;
	struct mx_endpoint address;
	const struct sink *sink;     /* the peer's sessions */
	struct replicated_peer *row; /* what is shown of it */
	enum sender_state state;
	struct link *link; /* NULL: IDLE */
	int64_t tried_ms;
	int64_t try_ms; /* the next try */
	int64_t pause_ms;
	uint64_t shape;   /* of the source: what the stream is of */
	int64_t began_ms; /* the teach */
	/* Ticks. */
	uint32_t ticked;
	uint32_t done;
	int64_t tick_ms[SENDER_TICKS];
	struct teller teller;
};

/* sink: what is given back to the peer. */
void sender_open(struct sender *sender, struct own *own,
		 const struct groupsheet_peer *peer, const struct sink *sink,
		 struct replicated_peer *row);
void sender_close(struct sender *sender);

/* Try now, and not later: the peer has come to us. */
void sender_try(struct sender *sender);

/* End the stream, and begin a new one: what HELLO says has changed. */
void sender_again(struct sender *sender);

/* Go on: after each scan, and a few times a second without one.  gives: what the peer
 * may have lost is given back to it from now on, by this stream. */
void sender_tend(struct sender *sender, bool gives);

#endif /* MX_REPLICA_SENDER_H */
