/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CENSUS_H
#define MX_CENSUS_H

/* Who still uses what left the configuration?  The sessions themselves tell:
 * all of them are looked through, a part at a time, again and again while
 * something rests.
 *
 *   something rests -> the plan that says so is in force -> a look begins
 *                   -> all sessions seen, none of them uses it -> let go
 *
 * A look that begins later than the plan misses nothing: no worker opens a
 * session at an address that rests.  One that was disturbed (a new
 * configuration, a data plane that started anew) is not believed.
 *
 * Cost       reading 64 bytes a place; 5 % of a core at most.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

#include "publish.h"
#include "state.h"

struct census;

/* changed: something was let go.  state and publisher must outlive it.
 * Returns NULL if there is no memory. */
struct census *census_new(struct event_base *base, struct state *state,
			  struct publisher *publisher,
			  void (*changed)(void *arg), void *arg);
void census_free(struct census *census);

/* Something may rest now: look, soon and until nothing does. */
void census_follow(struct census *census);

/* Count at once the sessions at the addresses of *resting, whatever rests.
 * Returns false if there is no data plane, or its sessions cannot be read. */
bool census_count(const struct publisher *publisher, struct resting *resting);

#endif /* MX_CENSUS_H */
