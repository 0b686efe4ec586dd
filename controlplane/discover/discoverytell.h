/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DISCOVERYTELL_H
#define MX_DISCOVERYTELL_H

/* What discovery tells the operator: each change of a pool's members, and once
 * each change of what is wrong.
 *
 * Threads    the event loop. */
#include "discoverypool.h"

/* Set pool->held and pool->notes from pool->last and pool->step, and tell what is
 * different from before. */
void discoverytell_answer(struct discovery_pool *pool);

/* Tell who joined and who left. */
void discoverytell_members(const struct discovery_pool *pool,
			   const struct membership *before);

#endif /* MX_DISCOVERYTELL_H */
