/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LEAVING_H
#define MX_LEAVING_H

/* The addresses that begin to rest: those that left the configuration, and
 * those that only a plan has.
 *
 * The plan in the region lists the resting addresses for a control plane that
 * starts later: an address that is in the plan but not in the configuration
 * rests.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "plan.h"
#include "resting.h"
#include "state.h"

/* Configuration `after` replaces `before`.  An address that only `before` has
 * begins to rest.  An address that `after` has in any part no longer rests.
 * state: knows the ids of before's services.  before: NULL if there was none.
 * Returns 0, or -ENOBUFS with *resting half-changed if a plan has no room for
 * the configured and the resting addresses together. */
int resting_follow(struct resting *resting, const struct state *state,
		   const struct mx_config *before,
		   const struct mx_config *after, int64_t now_s);

/* Add the addresses that leave, and remove none.  Then *resting has all
 * addresses that may have sessions and that `after` does not provide for. */
void resting_leave(struct resting *resting, const struct state *state,
		   const struct mx_config *after);

/* Let the addresses of a plan rest that the state does not know, and restore
 * the rows of resting services.  Returns true if the state changed. */
bool resting_recover(struct state *state, const struct mx_plan *plan,
		     int64_t now_s);

#endif /* MX_LEAVING_H */
