/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSIONCOUNTS_H
#define MX_SESSIONCOUNTS_H

/* How many sessions still use what left the configuration.  While something
 * is retired, all sessions are read again and again, a part at a time.
 *
 *   something is retired -> the plan that says so is in force -> a look begins
 *                   -> all sessions seen, none of them uses it -> let go
 *
 * A look that begins after the plan is in force misses no session: workers open
 * no session at a retired address.  A look is discarded if the configuration
 * changes or the data plane restarts meanwhile.
 *
 * Cost       reading 64 bytes a slot; 5 % of a core at most.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

#include "publish.h"
#include "state.h"

struct session_counts;

/* changed: something was released.  state and publisher must outlive the
 * counts. Returns NULL if there is no memory. */
struct session_counts *session_counts_new(struct event_base *base,
					  struct state *state,
					  struct publisher *publisher,
					  void (*changed)(void *arg),
					  void *arg);
void session_counts_free(struct session_counts *counts);

/* Something may be retired now: begin to look soon, until nothing is
 * retired. */
void session_counts_follow(struct session_counts *counts);

/* Count at once the sessions at the addresses of *retired, whatever else is
 * retired. Returns false if there is no data plane, or its sessions cannot be
 * read. */
bool session_counts_now(const struct publisher *publisher,
			struct retired *retired);

#endif /* MX_SESSIONCOUNTS_H */
