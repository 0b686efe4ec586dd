/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MOVE_H
#define MX_MOVE_H

/* A session's state, with the deadline and the accounts that follow from it.
 *
 * Threads    the worker's own. */
#include "worker.h"

/* The session goes to another state.  A half-open one keeps the deadline that its
 * SYN set. */
void move_to(struct worker *w, const struct active_plan *active,
	     struct mx_session *s, uint8_t after);

/* The state stays the same.  A session that can carry mail begins its timer
 * anew. */
void move_stay(const struct worker *w, const struct active_plan *active,
	       struct mx_session *s);

#endif /* MX_MOVE_H */
