/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOMING_H
#define MX_HOMING_H

/* A data plane that begins with an empty table gets its sessions back from peers
 * that have carried them on: those whose local address is of this box.
 *
 * A peer's shadow is gone through once, when it is SYNCED for the first time, a few
 * entries in each step of the sweep.  Until all shadows that there are have been, or some seconds
 * have passed, no session is opened: it might get the local port of one that comes
 * back.
 *
 * Threads    homing_begin: main, before the worker runs.  homing_waits: main.  The
 *            rest: the worker's own. */
#include "worker.h"

/* The worker's table is empty: wait for peers, if the plan has any. */
void homing_begin(struct worker *w);

/* Are sessions still waited for? */
bool homing_waits(const struct worker *w, uint32_t now_s);

/* Look at the next few entries. */
void homing_step(struct worker *w, const struct active_plan *active);

/* Look at some thousands: the worker has nothing else to do. */
void homing_rest(struct worker *w, const struct active_plan *active);

#endif /* MX_HOMING_H */
