/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROBES_H
#define MX_PROBES_H

/* The probes of one event loop take turns.  A fixed number of probes has a
 * socket at the same time, and the others wait in line.  So checks that hang
 * use up no more descriptors than their share, and every backend is still
 * checked.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct probes;

/* Returns NULL if there is no memory.  at_once: at least 1. */
struct probes *probes_new(struct event_base *base, uint32_t at_once);

/* No probe may be left. */
void probes_free(struct probes *probes);

struct event_base *probes_base(const struct probes *probes);

/* One probe's place in line; zeroed memory is outside of it. */
struct probe_turn {
	enum { TURN_NONE, TURN_WAITS, TURN_HAS } state;
	void (*comes)(void *arg); /* the turn that it waited for is there */
	void *arg;
	struct probe_turn *next;
};

/* Take a turn, or wait for it.  Returns true if the turn is there at once. */
bool probes_take_turn(struct probes *probes, struct probe_turn *turn);

/* End the turn, or no longer wait for it. */
void probes_end_turn(struct probes *probes, struct probe_turn *turn);

#endif /* MX_PROBES_H */
