/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SWEEP_H
#define MX_SWEEP_H

/* The end of a session.
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "worker.h"

/* Give back the local port that a session has, if it has one. */
void worker_port_give(struct worker *w, const struct mx_session *s);

/* End a session: free its slot and its port, and update the counts of its
 * backend, service and pool. */
void worker_session_end(struct worker *w, struct mx_session *s);

#endif /* MX_SWEEP_H */
