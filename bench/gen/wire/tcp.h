/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_TCP_H
#define MX_GEN_TCP_H

/* A small TCP (RFC 9293), enough for both ends of an SMTP session:
 *
 *   CALLS ---SYN|ACK---> OPEN <---ACK--- ANSWERS
 *
 * and an open connection ends when both FINs have been sent and acked.  In
 * order only: what comes out of order is dropped and acked again; what is lost
 * is sent again with all that follows (go back N), after three duplicate acks
 * or a timer that doubles.  No window scaling, timestamps or SACK.
 *
 * There is no TIME_WAIT: a FIN that comes for nobody is acked by its own
 * numbers, and client ports are used in turn, so that a pair of addresses and
 * ports rests as long as possible. */
#include "tcpsend.h"

/* A new connection to key.remote; key is not in use.
 * Returns NULL if the table is full. */
struct conn *tcp_call(struct end *end, const struct conn_key *key,
		      const struct rte_ether_addr *mac);

/* A segment came; the first that its connection's chain has is in the cache. */
void tcp_input(struct end *end, const struct segment *segment);

/* The connection has come out of the wheel. */
void tcp_timer(struct end *end, struct conn *c);

/* Nothing more will be said: a FIN goes out after the last byte. */
static inline void
tcp_finish(struct conn *c)
{
	c->flags |= CONN_FIN_WANTED;
}

/* Reset it; it is gone, and the app is not told. */
void tcp_reset(struct end *end, struct conn *c);

/* Wake the app then (ticks). */
void tcp_wake_at(struct end *end, struct conn *c, uint32_t due);

#endif /* MX_GEN_TCP_H */
