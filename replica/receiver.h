/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_RECEIVER_H
#define MX_REPLICA_RECEIVER_H

/* The stream of one peer's sessions to us, and its shadow.
 *
 * A connection of the peer says HELLO.  If it may, it becomes the peer's stream,
 * in place of the one before.  Each process of a peer has an epoch of its own: a
 * connection of another epoch is refused while the stream lasts, since another box
 * may have the same number by mistake.
 *
 * Limits     Besides the stream, one connection may be without its HELLO.  A
 *            newer one takes its place.
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "own.h"
#include "sink.h"

/* A connection of the peer. */
struct receiver_end {
	struct receiver *receiver;
	struct link *link; /* NULL: none */
	uint64_t epoch;
	bool streams; /* its HELLO was taken */
};

struct receiver {
	struct own *own;
	uint8_t box;
	struct replicated_peer *row; /* what is shown of it */
	struct sink sink;
	/* Of the stream; CLOCK_MONOTONIC. */
	int64_t began_ms;
	int64_t put_ms;             /* a session was told */
	int64_t synced_ms;          /* the shadow became SYNCED */
	uint64_t epoch;             /* of the last stream; 0: none */
	uint64_t told;              /* sessions */
	uint16_t workers;           /* as the peer has said */
	struct receiver_end end[2]; /* the stream, and one that may become it */
};

void receiver_open(struct receiver *receiver, struct own *own, uint8_t box,
		   struct replicated_peer *row);
void receiver_close(struct receiver *receiver);

/* Take a connection of the peer. */
void receiver_accept(struct receiver *receiver, struct link *link);

/* Has the peer told what it kept for us, or does it seem to have nothing?  Then
 * the data plane has had the time to take it. */
bool receiver_is_settled(const struct receiver *receiver);

/* Has the peer told what it has, as it seems, or has it been away since then?  What it
 * has not told by now it may have lost. */
bool receiver_is_quiet(const struct receiver *receiver, int64_t since_ms);

/* Look after the shadow's file and the peer's shape, a few times a second. */
void receiver_tend(struct receiver *receiver);

#endif /* MX_REPLICA_RECEIVER_H */
