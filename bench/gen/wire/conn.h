/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_CONN_H
#define MX_GEN_CONN_H

/* The connections of one end of the wire.
 *
 *   head[hash] -> conn -> conn -> ...      found by addresses and ports
 *   conn[0] is no connection; free ones are a list, last freed first
 *
 * Shape      192 bytes a connection and 8 of heads: one million sessions, both
 *            ends, take 400 MB.
 * Invariant  a connection whose state is not FREE is in exactly one chain and
 *            in the timer wheel (wheel.h). */
#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "hash.h"

#define CONN_NONE 0u
#define CONN_REPLIES 24u /* that a server owes, or that are not acked */

struct conn_key {
	struct mx_addr local;
	struct mx_addr remote;
	uint16_t local_port_be;
	uint16_t remote_port_be;
};

enum conn_state { CONN_FREE, CONN_CALLS, CONN_ANSWERS, CONN_OPEN };

#define CONN_FIN_WANTED 1 /* a FIN follows the last byte */
#define CONN_FIN_GOT 2
#define CONN_SIX 4

/* The client's state of a session (client.c). */
struct conn_client {
	uint64_t intended_tsc;
	uint64_t phase_tsc;
	uint64_t number; /* of the session */
	uint32_t id;     /* of the message */
	uint32_t bytes;  /* of the message, headers included */
	uint16_t messages_left;
	uint16_t message; /* of the session, the next */
	uint16_t code;    /* of the reply that is coming in */
	uint8_t recipients;
	uint8_t recipients_left;
	uint8_t recipients_taken;
	uint8_t phase;
	uint8_t abort_phase;
	uint8_t traits;
	uint8_t text;
	uint8_t line_at; /* bytes of the line so far, 4 at most */
	bool more;       /* not the last line of a reply */
	bool over;       /* its outcome has been counted */
};

/* The server's state (server.c). */
struct conn_server {
	struct mx_addr claim; /* the client, as the server sees it */
	uint16_t claim_port_be;
	uint16_t owed;      /* bytes of replies that wait for their time */
	uint32_t verb;      /* first letters of the line that is coming in */
	uint32_t body_read; /* bytes of the message so far */
	uint32_t id;        /* what the message says about itself */
	uint32_t bytes;
	uint8_t phase;
	uint8_t backend;
	uint8_t line_at;
	uint8_t dot_at; /* letters of CR LF . CR LF read so far */
	uint8_t recipients;
	uint8_t reply_count;
	bool strange; /* the message is not from this generator */
	bool ours;
	bool counted; /* counted as a session */
	bool has_sender;
	uint8_t reply[CONN_REPLIES];
};

struct conn {
	alignas(64) struct conn_key key;
	uint32_t chain;
	uint32_t una;  /* oldest byte not acked */
	uint32_t next; /* to send */
	uint32_t end;  /* after the last byte there is to send */
	uint32_t rcv;  /* next byte to receive */
	uint16_t sum;  /* of the pseudo header, without its length */
	uint16_t mss;
	uint8_t state;
	uint8_t flags;
	uint8_t tries; /* retransmissions since something was acked */
	uint8_t dups;  /* acks that acked nothing new */

	uint32_t text_seq; /* of the first byte of what is being said */
	uint32_t wheel_prev;
	uint32_t wheel_next;
	uint32_t wheel_due;  /* 0: not in the wheel */
	uint32_t resend_due; /* ticks; 0: not set */
	uint32_t wake_due;   /* of client or server */
	uint32_t heard;      /* tick of the last segment received */
	uint16_t window;
	uint8_t mac[6];          /* where frames go */
	uint8_t window_segments; /* the congestion window */
	uint8_t host;            /* which of the end's MAC addresses it has */

	union {
		struct conn_client client;
		struct conn_server server;
	};
};
static_assert(sizeof(struct conn) == 192, "three cache lines");

struct conns {
	struct conn *conn; /* [1, count] */
	uint32_t *head;
	uint32_t mask;
	uint32_t count;
	uint32_t used;
	uint32_t used_max;
	uint32_t fresh; /* conn[] from there on was never used */
	uint32_t free;
	uint64_t bytes; /* of memory */
	struct mx_hash_key hash_key;
};

/* The number of bytes that conns_init() takes. */
uint64_t conns_bytes(uint32_t count);

/* Returns 0 or -ENOMEM. */
int conns_init(struct conns *conns, uint32_t count, uint64_t seed);
void conns_free(struct conns *conns);

static inline uint32_t
conn_index(const struct conns *conns, const struct conn *c)
{
	return (uint32_t)(c - conns->conn);
}

/* The family of the key's addresses. */
static inline uint32_t
conn_hash(const struct conns *conns, const struct conn_key *key)
{
	uint64_t local[2], remote[2];

	memcpy(local, &key->local, sizeof(local));
	memcpy(remote, &key->remote, sizeof(remote));
	/* The first half of mapped IPv4 addresses is zero in both. */
	const uint64_t ports =
		(uint64_t)key->local_port_be << 16 | key->remote_port_be;
	uint64_t hash = mx_hash_words(&conns->hash_key, remote[1],
				      local[1] ^ ports << 1);
	if (local[0] != 0)
		hash ^= mx_hash_words(&conns->hash_key, remote[0], ~local[0]);
	return (uint32_t)hash & conns->mask;
}

static inline bool
conn_key_equal(const struct conn_key *a, const struct conn_key *b)
{
	return a->remote_port_be == b->remote_port_be &&
	       a->local_port_be == b->local_port_be &&
	       mx_addr_equal(&a->remote, &b->remote) &&
	       mx_addr_equal(&a->local, &b->local);
}

/* hash: of the key.  Returns NULL if there is none. */
static inline struct conn *
conn_find(const struct conns *conns, const struct conn_key *key, uint32_t hash)
{
	for (uint32_t i = conns->head[hash]; i != CONN_NONE;
	     i = conns->conn[i].chain)
		if (conn_key_equal(&conns->conn[i].key, key))
			return &conns->conn[i];
	return NULL;
}

/* A connection with that key.  All other fields are zero except the state,
 * which is not FREE.  The key must not be in use.  Returns NULL if all are in
 * use. */
struct conn *conn_insert(struct conns *conns, const struct conn_key *key,
			 uint32_t hash, enum conn_state state);

void conn_remove(struct conns *conns, struct conn *c);

#endif /* MX_GEN_CONN_H */
