/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_SINK_H
#define MX_REPLICA_SINK_H

/* Where the sessions of one peer go: its shadow (shadow.h).
 *
 *   EMPTY -> TEACHING -> SYNCED -> LOST -> TEACHING ...
 *
 * Kept       A shadow outlives the stream and the process.  While the peer teaches
 *            anew, the entries stay: a stream that is cut leaves what was there.
 *            With SYNCED those go that it has not told again.
 *            An entry that it may not have any more is a kept one.
 * New        A peer with other sizes or another secret has a new file, in place of
 *            the old one.
 * Believed   nothing of what the peer tells: sink_put() and sink_end() say
 *            whether it can be.
 * Threads    main. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "groupsheet.h"
#include "secret.h"
#include "shadow.h"
#include "wire.h"

struct sink {
	const char *instance;
	uint8_t box; /* whose sessions they are */
	struct mx_hash_key key;
	struct mx_shadow *file; /* NULL: there is none */
	struct mx_shadow_map map;
	uint64_t made; /* raised with every new file */
	int fd;
	char path[MX_PATH_MAX];
	/* Of the stream. */
	uint64_t *told; /* a bit for each entry that was told since it began */
	size_t told_bytes;
	uint8_t ports;
	uint8_t port[MX_PORTS_MAX]; /* of this box, by the peer's number */
};

/* Open the shadow that an earlier process left, if there is one: it is LOST.  key: of
 * the sessions; NULL: nothing will be put there. */
void sink_open(struct sink *sink, const char *instance, uint8_t box,
	       const struct mx_hash_key *key);

/* Close the file.  The shadow stays, and is LOST. */
void sink_close(struct sink *sink);

/* Remove the shadow of a box, whether it is open or not. */
void sink_remove(const char *instance, uint8_t box);

/* A stream begins: the peer teaches.  sheet: for the names of the ports.
 * Returns 0 or -errno; -ENOSPC, -ENOMEM: no memory for the shadow. */
int sink_begin(struct sink *sink, const struct wire_hello *hello,
	       const struct groupsheet *sheet);

/* Put or end a session, while a stream lasts.  Return false if the peer cannot have
 * it. */
bool sink_put(struct sink *sink, const struct wire_session *session);
bool sink_end(struct sink *sink, uint32_t slot);

/* The session of a slot.  Returns false if there is none, or its time is over. */
bool sink_session(const struct sink *sink, uint32_t slot,
		  struct wire_session *session);

/* The peer has told all its sessions. */
void sink_synced(struct sink *sink);

/* The stream has ended. */
void sink_lose(struct sink *sink);

/* Is an entry, if there is one, from before the present stream, and has the peer
 * not told all that it has?  slot < map.count. */
bool sink_keeps(const struct sink *sink, uint32_t slot);

/* A box has taken a session of the peer over: a kept entry of it is dropped, unless
 * the peer has heard of the session later than that box. */
void sink_take_over(struct sink *sink, const struct wire_session *session);

/* Has the file lost its name? */
bool sink_is_lost(const struct sink *sink);

enum mx_shadow_state sink_state(const struct sink *sink);

/* Entries of the shadow. */
uint32_t sink_used(const struct sink *sink);

#endif /* MX_REPLICA_SINK_H */
