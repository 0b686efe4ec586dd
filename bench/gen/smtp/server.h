/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_SERVER_H
#define MX_GEN_SERVER_H

/* The server's end: MTAs that take whatever they are sent. */
#include "run.h"

extern const struct app server_app;

/* Whether an address is one of the servers'. */
neighbour_owns server_owns;

/* Is a connection to one of them?  If so, it is made theirs. */
bool server_accepts(struct end *end, struct conn *c,
		    const struct rte_ether_addr *to);

/* Set up the next hops of what servers say, if there are gateways. */
void server_init(struct gen *gen);

#endif /* MX_GEN_SERVER_H */
