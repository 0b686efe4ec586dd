/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VERDICT_H
#define MX_VERDICT_H

/* What the result of a probe means for a backend: its health, the text that an
 * operator sees, and the lines of the log.
 *
 * Log        A change of health is one line.  So is the first failure for each
 *            reason since the backend last passed.  So the log has one line for
 *            a backend that is down from the start, or down for a new reason.
 * Excuse     A backend whose connections-max is used up need not take a probe.
 *            A probe that had to wait, or was sent away, does not change its
 *            health then.
 * Threads    the event loop; no sockets, no clocks. */
#include "probe.h"
#include "state.h"

/* full: mxsteer's sessions use all of its connections-max.  Returns true if the
 * backend began or stopped serving. */
bool verdict_take(struct backend *backend, const struct health_policy *policy,
		  const struct probe_result *result, bool full);

#endif /* MX_VERDICT_H */
