/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ECHO_H
#define MX_ECHO_H

/* A bounded memory of what was said to clients that have no session, so that it
 * can be said again.
 *
 * After its handshake an SMTP client waits for the server's greeting, for five
 * minutes.  It sends nothing.  So if its ACK of a SYN-ACK is lost, or the text
 * that refuses it, then only this end can repeat: the SYN-ACK after 1 s and
 * 3 s, the text after 0.4 s and 1.6 s.
 *
 * Shape      ECHO_SLOTS entries of 64 bytes.  A client has one slot, by its
 *            hash.
 * Bounds     An entry keeps its slot for ECHO_HOLD_S against SYNs of other
 *            clients, so these are 22,000 entries in a second at most.  Beyond
 *            that a client whose ACK is lost gets no second SYN-ACK.  A client
 *            that has proven its address takes the slot of one that has not.
 *            Known clients do not need a slot: see open.c.
 *            ECHO_RATE repeats are sent in a second.
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "resend.h"

#define ECHO_SLOTS (1u << 16)
#define ECHO_HOLD_S 3
#define ECHO_RATE 20000

enum echo_kind {
	ECHO_EMPTY,
	ECHO_SYNACK, /* waits for the client's ACK */
	ECHO_TEXT,   /* waits for the client's acknowledgement of the text */
	ECHO_HEARD,  /* the client has acknowledged the text */
};

/* Two repeats of each kind, each a queue of its own. */
#define ECHO_REPEATS 2

struct echo {
	struct mx_flow flow; /* from the client */
	uint32_t client_isn;
	uint32_t cookie;
	uint32_t heard;   /* the client's number behind what it has sent */
	uint32_t since_s; /* of the first SYN-ACK or text */
	uint8_t mac[6];   /* the way back */
	uint8_t port;
	uint8_t kind; /* enum echo_kind */
	uint8_t service;
	uint8_t reason; /* enum mx_drop */
	uint8_t repeats;
};

struct echoes {
	struct echo *slot;
	struct resend_ladder wait;
	uint32_t second_s; /* in which `sent` were */
	uint32_t sent;
};

/* Returns 0 or -ENOMEM. */
int echo_make(struct echoes *echoes, uint64_t tsc_hz);
void echo_free(struct echoes *echoes);

static inline uint32_t
echo_slot(uint64_t hash)
{
	return (uint32_t)(hash >> 32) % ECHO_SLOTS;
}

static inline void
echo_prefetch(const struct echoes *echoes, uint64_t hash)
{
	__builtin_prefetch(&echoes->slot[echo_slot(hash)], 1);
}

/* The entry of a client, or NULL.  hash: of the client's end. */
struct echo *echo_find(const struct echoes *echoes, uint64_t hash,
		       const struct mx_flow *flow);

/* Note what was said, in place of what was noted of this client.  Returns false
 * if another client has the slot.  entry: kind, and all that is needed to say
 * it again. */
bool echo_note(struct echoes *echoes, uint64_t hash, const struct echo *entry,
	       uint64_t now_tsc);

/* An entry that is to be said again now, or NULL.  Gives up looking after a few
 * that need it no more; the next call goes on. */
const struct echo *echo_due(struct echoes *echoes, uint32_t now_s,
			    uint64_t now_tsc);

#endif /* MX_ECHO_H */
