/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LEAVING_H
#define MX_LEAVING_H

/* Which addresses begin to rest: those that a configuration loses, and those
 * that only a plan has.
 *
 * The plan in the region remembers the addresses that rest for a control plane
 * that starts anew: an address that the plan owns and the configuration does
 * not, rests.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "plan.h"
#include "resting.h"
#include "state.h"

/* Configuration `before` gives way to `after`.  An address that only `before`
 * has rests; an address that `after` has, in whatever part, rests no more.
 * state: knows the ids of before's services.  before: NULL if there was none.
 * Returns 0, or -ENOBUFS if configured and resting ones together are more than
 * a plan holds, with *resting half-changed. */
int resting_follow(struct resting *resting, const struct state *state,
		   const struct mx_config *before,
		   const struct mx_config *after, int64_t now_s);

/* Add the addresses that leave, and let none go.  Then *resting has all
 * addresses that may have sessions and that `after` does not provide for. */
void resting_leave(struct resting *resting, const struct state *state,
		   const struct mx_config *after);

/* Let the addresses of a plan rest that the state does not know, and take up
 * the rows of services that rest.  Returns true if the state changed. */
bool resting_recover(struct state *state, const struct mx_plan *plan,
		     int64_t now_s);

#endif /* MX_LEAVING_H */
