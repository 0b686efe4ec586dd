/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VERDICT_H
#define MX_VERDICT_H

/* What the result of a probe means for a backend: its health, the words that
 * an operator is shown, and the lines of the log.
 *
 * Log        A change of health is one line.  So is the first failure for each
 *            reason since the backend last passed: a backend that is down from
 *            the start, or down for a new reason, is heard of once.
 * Excuse     A backend that has as many sessions of ours as it may cannot
 *            be expected to take a probe.  That it lets one wait, or sends it
 *            away, says nothing of its health.
 * Threads    the event loop; no sockets, no clocks. */
#include "probe.h"
#include "state.h"

/* full: all of its connections-max are sessions of ours.
 * Returns true if the backend began or stopped serving. */
bool verdict_take(struct backend *backend, const struct health_policy *policy,
		  const struct probe_result *result, bool full);

#endif /* MX_VERDICT_H */
