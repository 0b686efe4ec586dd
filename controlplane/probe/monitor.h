/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MONITOR_H
#define MX_MONITOR_H

/* One probe for each configured backend, and the one door through which every
 * result reaches the state.
 * Threads    the event loop. */
#include <event2/event.h>

#include "state.h"

struct monitor;
struct pool_times;

/* changed: the weight of a backend may change.
 * sessions: how many sessions a backend has now.
 * Returns NULL if there is no memory. */
struct monitor *monitor_new(struct event_base *base, struct state *state,
			    void (*changed)(void *arg),
			    uint64_t (*sessions)(void *arg, uint16_t id),
			    void *arg);
void monitor_free(struct monitor *monitor);

/* Follow a new configuration, or a backend that entered or left maintenance.  A
 * probe whose backend and check are the same goes on, also under the name of
 * another pool or backend.  All others end.  Health stays unchanged until
 * results come.  A backend in maintenance is not probed: it is down until it
 * has passed its checks again.  Returns 0, or -ENOMEM with some backends not
 * probed. */
int monitor_follow(struct monitor *monitor);

/* Check a backend now, and not at its next time.  Nothing changes if a check of
 * it is under way, or if it is not checked. */
void monitor_hasten(struct monitor *monitor, uint16_t id);

/* How long the checks of a pool of the configuration took; NULL: it has no such
 * pool. */
const struct pool_times *monitor_times(struct monitor *monitor,
				       const char *pool);

#endif /* MX_MONITOR_H */
