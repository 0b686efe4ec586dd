/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_LISTEN_H
#define MX_GEN_LISTEN_H

/* The server's end: the addresses that servers listen at, and the next hops of
 * their segments. */
#include "run.h"

/* Set up the next hops of the servers' segments, if there are gateways. */
void server_init(struct gen *gen);

/* Whether an address is one of the servers'. */
neighbour_owns server_owns;

/* Is a connection to one of the servers?  If so, assign it to that server. */
bool server_accepts(struct end *end, struct conn *c,
		    const struct rte_ether_addr *to);

#endif /* MX_GEN_LISTEN_H */
