/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_AGENTS_H
#define MX_AGENTS_H

/* The agents of all backends whose pool has `agent`.  Each is asked for its line
 * (asker.h), and what counts of its wish goes into the state (wish.h).
 *
 * The operator's layer is not touched: of operator, agent and health the
 * strongest restriction wins (weight.h).  An agent that the operator ignores is
 * asked all the same, and its wish is not put.  In the operator's maintenance it
 * is not asked.
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "agent.h"
#include "monitor.h"
#include "state.h"

struct agents;

/* monitor: it follows an agent that says maint, or that no longer does.
 * changed: a wish has changed.  Returns NULL if there is no memory. */
struct agents *agents_new(struct event_base *base, struct state *state,
			  struct monitor *monitor, void (*changed)(void *arg),
			  void *arg);
void agents_free(struct agents *agents);

/* Follow a new configuration, or an override.  An agent that is asked in the same
 * way goes on.  A backend whose pool has no agent any more loses its wish.
 * Returns 0, or -ENOMEM with some agents not asked. */
int agents_follow(struct agents *agents);

/* What is known of a backend's agent.  NULL: it has none. */
const struct agent *agents_get(const struct agents *agents, uint16_t id);

#endif /* MX_AGENTS_H */
