/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LEAVING_H
#define MX_LEAVING_H

/* The addresses that are retired: those that left the configuration, and
 * those that only a plan has.
 *
 * The plan in the region lists the retired addresses for a control plane that
 * starts later: an address that is in the plan but not in the configuration
 * is retired.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "plan.h"
#include "retired.h"
#include "state.h"

/* Configuration `after` replaces `before`.  An address that only `before` has
 * is retired.  An address that `after` has in any part is no longer retired.
 * state: knows the ids of before's services.  before: NULL if there was none.
 * Returns 0, or -ENOBUFS with *retired half-changed if a plan has no room for
 * the configured and the retired addresses together. */
int retired_follow(struct retired *retired, const struct state *state,
		   const struct mx_config *before,
		   const struct mx_config *after, int64_t now_s);

/* Add the addresses that leave, and remove none.  Then *retired has all
 * addresses that may have sessions and that `after` does not provide for. */
void retired_leave(struct retired *retired, const struct state *state,
		   const struct mx_config *after);

/* Let the addresses of a plan be retired that the state does not know, and
 * restore the rows of retired services.  Returns true if the state changed. */
bool retired_recover(struct state *state, const struct mx_plan *plan,
		     int64_t now_s);

#endif /* MX_LEAVING_H */
