/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_PEERS_H
#define MX_REPLICA_PEERS_H

/* The other boxes of the group: a stream to each, and one from each.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "own.h"
#include "receiver.h"
#include "sender.h"

struct peer {
	struct groupsheet_peer is; /* box 0: none */
	struct sender sender;
	struct receiver receiver;
	/* When our present stream began: the epoch of the peer's, and whether
	 * its shadow was SYNCED. */
	uint64_t epoch;
	bool was_synced;
	/* Until when our SYNCED waits for the peer, and for which data plane. */
	int64_t until_ms;
	uint64_t shape;
};

struct peers {
	struct own *own;
	uint32_t synced; /* a bit for each box whose shadow is SYNCED */
	struct peer peer[MX_BOXES_MAX];
};

/* Begin without peers. */
void peers_open(struct peers *peers, struct own *own);

/* End all streams.  The shadows stay, and are LOST. */
void peers_close(struct peers *peers);

/* Have the peers of own->sheet, and no others: what was there of others is
 * removed. */
void peers_follow(struct peers *peers);

/* Without a group: remove all shadows, or make them LOST. */
void peers_remove_shadows(const char *instance);
void peers_lose_shadows(const char *instance);

/* Begin all streams to peers anew: what HELLO says has changed. */
void peers_again(struct peers *peers);

/* A connection of a box has come. */
void peers_accept(struct peers *peers, struct link *link, uint8_t box);

/* Tell what has changed. */
void peers_tell(struct peers *peers);

/* Look after files and shapes, a few times a second. */
void peers_tend(struct peers *peers);

#endif /* MX_REPLICA_PEERS_H */
