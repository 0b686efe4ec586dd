/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOMECHECK_H
#define MX_HOMECHECK_H

/* A session that was taken up from a peer is over when its home has ended it: while
 * the home's shadow is SYNCED and has no such session.  Nobody is reset: both ends
 * know that it is over, or they speak to its home.
 *
 * The home also ends a session that is silent there, since its packets come here.
 * So one that was heard of a moment ago stays.
 *
 * Threads    the worker's own. */
#include "worker.h"

/* Look at the sessions that worker_sweep_due() has just looked at: those from
 * number `from` on, up to where the next sweep begins.  Those that come home have
 * their turn too (homing.h). */
void homecheck_sweep(struct worker *w, const struct active_plan *active,
		     uint32_t from);

#endif /* MX_HOMECHECK_H */
