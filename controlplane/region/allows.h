/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ALLOWS_H
#define MX_ALLOWS_H

/* The clients of a service that have no limits, in a plan.
 * Threads    the event loop. */
#include "config.h"
#include "plan.h"

/* Enter them.  Returns false if the plan has no room. */
bool allows_add(struct mx_plan *plan, const struct mx_config_clients *clients,
		struct mx_client_limits *limits);

#endif /* MX_ALLOWS_H */
