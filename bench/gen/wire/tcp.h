/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_TCP_H
#define MX_GEN_TCP_H

/* A small TCP (RFC 9293), enough for both ends of an SMTP session:
 *
 *   CALLS ---SYN|ACK---> OPEN <---ACK--- ANSWERS
 *
 * and an open connection ends when both FINs have been sent and acked.  Data
 * must come in order.  Segments out of order are dropped, and the last ack is
 * repeated.  A lost segment is sent again with all that follow (go back N),
 * after three duplicate acks or a timer that doubles.  No window scaling,
 * timestamps or SACK.
 *
 * There is no TIME_WAIT.  A FIN for no connection is acked by its own numbers.
 * Client ports are used in turn, so that a pair of addresses and ports stays
 * unused as long as possible. */
#include "tcpsend.h"

/* A new connection to key.remote; key is not in use.
 * Returns NULL if the table is full. */
struct conn *tcp_call(struct end *end, const struct conn_key *key,
		      const struct rte_ether_addr *mac);

/* A segment came.  The first connection of its chain is in the cache. */
void tcp_input(struct end *end, const struct segment *segment);

/* The timer wheel has returned the connection. */
void tcp_timer(struct end *end, struct conn *c);

/* The app sends no more: a FIN goes out after the last byte. */
static inline void
tcp_finish(struct conn *c)
{
	c->flags |= CONN_FIN_WANTED;
}

/* Reset the connection and free it.  The app is not called. */
void tcp_reset(struct end *end, struct conn *c);

/* Call woken() at that tick. */
void tcp_wake_at(struct end *end, struct conn *c, uint32_t due);

#endif /* MX_GEN_TCP_H */
