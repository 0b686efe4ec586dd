/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_CLIENT_H
#define MX_GEN_CLIENT_H

/* The client's end: sessions as the schedule and the mix want them. */
#include "run.h"

extern const struct app client_app;

/* Whether an address is one of the clients'. */
neighbour_owns client_owns;

/* Start the sessions that are due, 16 at most.  Returns how many. */
uint32_t client_start(struct gen *gen);

/* Set up sources and next hops from the options. */
void client_init(struct gen *gen);

#endif /* MX_GEN_CLIENT_H */
