/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_START_H
#define MX_GEN_START_H

/* The client's end: start sessions by the schedule and the mix. */
#include "run.h"

/* Set up sources and next hops from the options. */
void client_init(struct gen *gen);

/* Whether an address is one of the clients'. */
neighbour_owns client_owns;

/* Start the sessions that are due, 16 at most.  Returns how many. */
uint32_t client_start(struct gen *gen);

#endif /* MX_GEN_START_H */
