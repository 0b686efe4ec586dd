/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENIED_H
#define MX_DENIED_H

/* May a client open a session?  The operator's rules come first, then the
 * clients that are allowed, and then the deny list.
 *
 * Only a segment that opens a session is asked about, so packets of sessions cost
 * nothing, and a session goes on if its client is denied later.
 *
 * Threads    the worker's own. */
#include <rte_branch_prediction.h>

#include "activeplan.h"
#include "denytable.h"
#include "worker.h"

/* What the operator's rules say of a client. */
static inline enum mx_deny_verdict
denied_by_rule(const struct active_plan *active, const struct mx_addr *client)
{
	return likely(active->rules == NULL)
		       ? MX_DENY_UNLISTED
		       : mx_deny_find(active->rules, client);
}

/* Is a client one of those without limits, which no deny list denies? */
static inline bool
allowed_is(const struct active_plan *active, uint16_t service,
	   const struct mx_addr *client)
{
	return denied_by_rule(active, client) == MX_DENY_EXEMPT ||
	       mx_plan_allows(&active->plan,
			      &active->plan.service[service].clients, client) ||
	       (active->allow[service] != NULL &&
		mx_deny_find(active->allow[service], client) == MX_DENY_DENIED);
}

static inline bool
denied_is(const struct active_plan *active, uint16_t service,
	  const struct mx_addr *client)
{
	const enum mx_deny_verdict verdict = denied_by_rule(active, client);

	if (unlikely(verdict != MX_DENY_UNLISTED))
		return verdict == MX_DENY_DENIED;
	return active->deny[service] != NULL &&
	       mx_deny_find(active->deny[service], client) == MX_DENY_DENIED &&
	       !allowed_is(active, service, client);
}

/* The SYN of a denied client is refused.  If a rule denies the client, the rule
 * counts it. */
void denied_count(struct worker *w, const struct active_plan *active,
		  const struct mx_addr *client);

#endif /* MX_DENIED_H */
