/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PATIENCE_H
#define MX_PATIENCE_H

/* Sessions whose backend has not greeted them for the service's banner-patience
 * go to another backend (failover.h).
 *
 * The sessions of a service that wait for a greeting are in a list, the oldest
 * first (session/reclaimlist.h).  All of a service wait equally long, so only the
 * oldest ones are looked at: when a second begins, and a few in each poll.  A
 * session that began within a second counts from its beginning: it waits for
 * the patience at most, and for a second less at least.
 *
 * A session that cannot go to another backend is looked at again after the next
 * patience: a backend may have come back.  When the service's time for a greeting
 * is over, the client is told so (farewell.h), and the backend is reset; with and
 * without a patience.  The search for such sessions (accounts/expiry.h) moves
 * them to the oldest end of their list.
 *
 * Threads    the worker's own. */
#include <stdbool.h>

#include "worker.h"

/* A second has begun: sessions may have waited long enough. */
void patience_begin(struct worker *w);

/* Look at the next ones of these sessions.  Returns true if it has looked at
 * any. */
bool patience_tick(struct worker *w, const struct active_plan *active);

#endif /* MX_PATIENCE_H */
