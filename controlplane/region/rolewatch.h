/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROLEWATCH_H
#define MX_ROLEWATCH_H

/* The control plane's hold on its role (role.h): claimed before anything else
 * of the instance is touched, kept while the process runs.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

struct rolewatch;

/* Claim the role of the instance's control plane, and keep it from then on.
 * Returns NULL if that fails; why is logged. */
struct rolewatch *rolewatch_new(struct event_base *base, const char *instance);

/* Give the role up. */
void rolewatch_free(struct rolewatch *watch);

/* Has another process taken the role?  The event loop was told to end then. */
bool rolewatch_is_lost(const struct rolewatch *watch);

#endif /* MX_ROLEWATCH_H */
