/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VERDICT_H
#define MX_VERDICT_H

/* What the result of a probe means for a backend: its health, the text that an
 * operator sees, and the lines of the log.
 *
 * Events     A change of health is one event.  So is the first result for each
 *            reason, other than "ok", since the backend was last up.  So there is one event for
 *            a backend that is down from the start, or down for a new reason.
 * Excuse     A backend whose connections-max is used up need not take a probe.
 *            A probe that had to wait, or was sent away, does not change its
 *            health then.
 * Flaws      Faults of a certificate take a part of the weight (weight.h), and
 *            no more: a pool that shares one certificate is never emptied by
 *            its end, nor by a wrong clock of this host.
 * Threads    the event loop; no sockets. */
#include "probe.h"
#include "state.h"

/* full: mxsteer's sessions use all of its connections-max.  Returns true if the
 * backend's weight may change. */
bool verdict_take(struct backend *backend, const struct health_policy *policy,
		  const struct probe_result *result, bool full);

#endif /* MX_VERDICT_H */
