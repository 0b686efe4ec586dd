/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SWEEP_H
#define MX_SWEEP_H

/* The end of sessions: how one ends, and the search for those whose time is
 * over.  Every session is looked at once in a few seconds, a few at a time.
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "worker.h"

/* Give back the local port that a session has, if it has one. */
void worker_port_give(struct worker *w, const struct mx_session *s);

/* Look at the next `steps` sessions, and end those whose time is over; or at
 * those whose turn it is by the clock, `most` at most. */
void worker_sweep(struct worker *w, uint32_t steps);
void worker_sweep_due(struct worker *w, uint64_t now_tsc, uint32_t most);

/* End a session: free its slot and its port, and update the counts of its
 * backend, service and pool. */
void worker_session_end(struct worker *w, struct mx_session *s);

#endif /* MX_SWEEP_H */
