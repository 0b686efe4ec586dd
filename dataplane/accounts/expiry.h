/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EXPIRY_H
#define MX_EXPIRY_H

/* The search for sessions whose time is over.  Every session is looked at once
 * in a few seconds, a few at a time.  A client that waits for a greeting is told,
 * and its session ends later (flow/patience.h).
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "worker.h"

/* Look at the next `steps` sessions, and end those whose time is over; or at
 * those whose turn it is by the clock, `most` at most. */
void worker_sweep(struct worker *w, uint32_t steps);
void worker_sweep_due(struct worker *w, uint64_t now_tsc, uint32_t most);

#endif /* MX_EXPIRY_H */
