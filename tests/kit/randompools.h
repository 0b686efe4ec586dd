/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RANDOMPOOLS_H
#define MX_TESTS_RANDOMPOOLS_H

/* A configuration with services of every mode, whose pools are as the chance of
 * a fixed seed wants them: overrides, health, weights, tiers, connections-max,
 * load-bound, hash, next hops. */
#include <stdbool.h>
#include <stdint.h>

#include "hash.h"
#include "plan.h"

#define RANDOMPOOLS_SERVICES 9

/* The VIPs of each service are those of the rig, at a port of its own. */
#define RANDOMPOOLS_PORT_FIRST 25

/* The next number below `below`. */
uint32_t draw(uint32_t below);

/* Begin, and end. */
void randompools_setup(void);
void randompools_teardown(void);

/* Put a file in force in which the pools are in another order, and in which one
 * service has moved to other VIPs: those that it had take no new sessions.
 * moved: RANDOMPOOLS_SERVICES if it is none. */
void randompools_apply(uint32_t turn, uint32_t moved);

/* Change all pools, and build the plan of it. */
const struct mx_plan *randompools_change(void);

/* Does the service have a VIP of that family? */
bool randompools_has_vip(uint32_t service, bool six);

/* An address and port, of a client or of whoever a client pretends to be. */
struct mx_endpoint randompools_client(const struct mx_plan *plan, bool six);

#endif /* MX_TESTS_RANDOMPOOLS_H */
