/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WAYBACK_H
#define MX_WAYBACK_H

/* A way back to clients has moved: the router before them failed over to
 * another MAC address, or another router took its place.  A client that waits in
 * silence would never tell.  So sessions that still have the old address get the
 * new one, a few in each poll, until all were looked at.
 *
 * A gateway's address goes to all sessions that came by the old one; a host's
 * to its own sessions alone.
 *
 * Threads    way_prepare: main, on a plan that no worker has yet.  The others:
 *            the worker's own. */
#include "worker.h"

/* How long after its move a way still concerns a new plan. */
#define WAY_FRESH_S 60

/* Note which ways of a plan have moved lately.  before: the plan in force until
 * now. */
void way_prepare(struct active_plan *active, const struct active_plan *before,
		 uint32_t now_s);

/* The worker has a new plan: look at all sessions if another way has moved. */
void way_begin(struct worker *w, const struct active_plan *active);

/* Look at the next few sessions. */
void way_sweep(struct worker *w, const struct active_plan *active);

#endif /* MX_WAYBACK_H */
