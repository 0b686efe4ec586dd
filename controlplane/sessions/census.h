/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CENSUS_H
#define MX_CENSUS_H

/* The census finds which sessions still use what left the configuration.  It
 * looks through all sessions, a part at a time, again and again while something
 * rests.
 *
 *   something rests -> the plan that says so is in force -> a look begins
 *                   -> all sessions seen, none of them uses it -> let go
 *
 * A look that begins later than the plan misses nothing: no worker opens a
 * session at an address that rests.  A look that was disturbed (by a new
 * configuration, or a data plane that started anew) is thrown away.
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
