/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ASSIGNMENT_H
#define MX_ASSIGNMENT_H

/* Put a configuration in force.  Each of its services and backends gets its old
 * id, or a free one.  Services and backends that left the configuration are
 * retired.
 *
 * Threads    the event loop; all changes, or nothing. */
#include <stdint.h>

#include "state.h"

/* Put config in force; the state owns it from then on.  A new backend inherits
 * from its predecessor: see inheritance.h.  Returns 0; -ENOSPC if too many ids
 * are still retired, -ENOBUFS if too many addresses do.  On an error nothing
 * has changed and config is still the caller's. */
int state_apply(struct state *state, struct mx_config *config, int64_t now_s);

/* The state that state_apply() would make, to be freed with free(); the
 * configuration stays the caller's.  Returns NULL with -errno in *error, as of
 * state_apply(). */
struct state *state_next(const struct state *state, struct mx_config *config,
			 int64_t now_s, int *error);

#endif /* MX_ASSIGNMENT_H */
