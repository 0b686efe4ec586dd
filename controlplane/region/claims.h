/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLAIMS_H
#define MX_CLAIMS_H

/* The claims of a pool's backends on new sessions: on its pick table (pick.h in
 * tables/), and the bounds of their shares.  Two
 * boxes with the same backends make the same claims, in whatever order their
 * files list them.
 * Threads    pure functions: any. */
#include <stdint.h>

#include "pick.h"
#include "plan.h"
#include "state.h"

/* Write the claims of the backends that take new sessions.  The padding of
 * claim[] stays unchanged.  Returns how many there are. */
uint32_t claims_of(const struct state *state, uint16_t pool,
		   struct mx_pick_claim claim[static MX_CONFIG_BACKENDS_MAX]);

/* Set how many of a pool's sessions each of its serving backends may have, by its
 * claim and the pool's load-bound. */
void claims_bound(struct mx_plan *plan, const struct state *state,
		  uint16_t pool);

#endif /* MX_CLAIMS_H */
