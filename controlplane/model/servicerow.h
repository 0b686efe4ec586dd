/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SERVICEROW_H
#define MX_SERVICEROW_H

/* A service's row of a plan: how the service forwards and how long its sessions
 * last.  The row's pool and local addresses are indexes into one plan, so
 * build.c fills them in.
 *
 * A service that left the configuration keeps this row while it is retired, for
 * its sessions.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>

#include "config.h"
#include "plan.h"

struct mx_service servicerow_of(const struct mx_config_service *config);

/* Can sessions that were opened under one row continue under the other? */
bool servicerow_same_way(const struct mx_service *a,
			 const struct mx_service *b);

#endif /* MX_SERVICEROW_H */
