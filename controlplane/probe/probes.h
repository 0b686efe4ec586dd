/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROBES_H
#define MX_PROBES_H

/* The probes of one event loop take turns.  A limited number of probes has a
 * socket at the same time.  The other probes wait in line.  So checks that hang
 * use only their share of the descriptors, and every backend is still checked.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct probes;

/* Returns NULL if there is no memory.  at_once: at least 1. */
struct probes *probes_new(struct event_base *base, uint32_t at_once);

/* The caller has freed all probes before. */
void probes_free(struct probes *probes);

struct event_base *probes_base(const struct probes *probes);

/* One probe's place in line.  Zeroed memory is a probe that is not in line. */
struct probe_turn {
	enum { TURN_NONE, TURN_WAITS, TURN_HAS } state;
	void (*comes)(void *arg); /* called when the turn has come */
	void *arg;
	struct probe_turn *next;
};

/* Take a turn, or wait in line for one.  Returns true if the turn has come at
 * once. */
bool probes_take_turn(struct probes *probes, struct probe_turn *turn);

/* End the turn, or leave the line. */
void probes_end_turn(struct probes *probes, struct probe_turn *turn);

#endif /* MX_PROBES_H */
