/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ASSIGNMENT_H
#define MX_ASSIGNMENT_H

/* A configuration becomes the one in force: each of its services and backends
 * gets its old id, or else a free one, and what is in it no more begins to
 * rest.
 *
 * Threads    the event loop; all changes, or nothing. */
#include <stdint.h>

#include "state.h"

/* Make config, which the state owns from then on, the one in force.  A new
 * backend takes over from the one that it follows: see inheritance.h.
 * Returns 0; -ENOSPC if too many ids rest still, -ENOBUFS if too many addresses
 * do, with nothing changed and config still the caller's. */
int state_apply(struct state *state, struct mx_config *config, int64_t now_s);

#endif /* MX_ASSIGNMENT_H */
