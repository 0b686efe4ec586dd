/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SERVICEROW_H
#define MX_SERVICEROW_H

/* A service's row of a plan: how the service forwards and how long its sessions
 * last.  Its pool and its local addresses are places in one plan, and are
 * filled in there.
 *
 * A service that left the configuration keeps this row while it rests: its
 * sessions go on by it.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>

#include "config.h"
#include "plan.h"

struct mx_service servicerow_of(const struct mx_config_service *config);

/* Can sessions that were opened by one row go on by the other? */
bool servicerow_same_way(const struct mx_service *a,
			 const struct mx_service *b);

#endif /* MX_SERVICEROW_H */
