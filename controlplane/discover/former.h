/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORMER_H
#define MX_FORMER_H

/* The former backends of a pool: those of the configuration in force, while a file
 * replaces all of them by `discover`.  They are members under their names until
 * DNS has named others, and leave by the rules of membership: the pool is never
 * empty in between.
 *
 * Threads    the event loop. */
#include "membership.h"
#include "state.h"

/* Add the backends in force of the pool that are at the port of `discover`.  pool:
 * of the file that replaces them.  Returns how many were added. */
uint16_t former_add(const struct state *state,
		    const struct mx_config_pool *pool, struct membership *m);

#endif /* MX_FORMER_H */
