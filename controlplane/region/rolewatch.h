/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROLEWATCH_H
#define MX_ROLEWATCH_H

/* The control plane's hold on its role (role.h).  The process claims the role
 * before it touches any file of the instance, and keeps the role while it runs.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

struct rolewatch;

/* Claim the role of the instance's control plane, and keep it from then on.
 * Returns NULL with the reason in the log if that fails. */
struct rolewatch *rolewatch_new(struct event_base *base, const char *instance);

/* Give the role up. */
void rolewatch_free(struct rolewatch *watch);

/* Has another process taken the role?  Then the event loop was asked to end. */
bool rolewatch_is_lost(const struct rolewatch *watch);

#endif /* MX_ROLEWATCH_H */
