/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RULEROWS_H
#define MX_RULEROWS_H

/* The rows of a plan about clients that the operator denies or allows, or whose
 * sessions he ends; and about those that have no limits.
 * Threads    the event loop. */
#include "config.h"
#include "plan.h"
#include "state.h"

void rulerows_build(struct mx_plan *plan, const struct state *state);

/* Enter the clients of a service that have no limits.  Returns false if the plan has
 * no room. */
bool rulerows_allow(struct mx_plan *plan,
		    const struct mx_config_clients *clients,
		    struct mx_client_limits *limits);

#endif /* MX_RULEROWS_H */
