/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_INHERITANCE_H
#define MX_INHERITANCE_H

/* A new backend of a configuration inherits from a backend of the configuration
 * before.
 *
 *   health     from the backend at the same address and port, as when a pool
 *              or a backend is renamed: it is the same MTA.  What its agent
 *              says and what is known of its load go with it
 *   overrides  (drain, maint, weight) from the backend of the same label, as
 *              when its address or port changed; or else from a backend at the
 *              same address and port whose label has left
 *
 * An override that nobody takes over stays with the backend that is retired,
 * and counts again when it comes back.
 *
 * Threads    pure functions: any. */
#include "state.h"

/* before: the state until now.  next: made from it, with every configured
 * backend assigned. */
void inherit(const struct state *before, struct state *next);

/* The backend whose overrides backend `id` of next takes over, or
 * MX_BACKEND_NONE. */
uint16_t inherit_overrides_of(const struct state *before,
			      const struct state *next, uint16_t id);

/* Was this backend in the configuration until a restart or the last change? */
static inline bool
inherit_was_configured(const struct backend *b)
{
	return b->used && !b->retired;
}

#endif /* MX_INHERITANCE_H */
