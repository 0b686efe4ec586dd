/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUPSIM_ROUTER_H
#define MX_GROUPSIM_ROUTER_H

/* A model of a router that shares flows out to the boxes of a group (ECMP), as
 * Linux does it.
 *
 * Threshold  (the default) each box has a range of the hash.  A box that comes or
 *            goes moves the borders of all.
 * Resilient  each box has some of ROUTER_BUCKETS buckets.  The buckets of a box that
 *            goes are given to those with the fewest.  A box that comes gets
 *            buckets that were idle for the idle timer; with many flows
 *            none is, and unbalanced_timer is 0.  So it gets none.
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"

#define ROUTER_BUCKETS 1024u

enum router_kind { ROUTER_THRESHOLD, ROUTER_RESILIENT, ROUTER_KINDS };

struct router {
	enum router_kind kind;
	uint32_t boxes; /* announced, a bit each */
	uint8_t bucket[ROUTER_BUCKETS];
};

/* The boxes 1 to n are announced. */
void router_make(struct router *router, enum router_kind kind, uint8_t n);

/* A box is announced, or no more. */
void router_set(struct router *router, uint8_t box, bool announced);

/* The box that gets a flow; 0: none is announced. */
uint8_t router_of(const struct router *router, uint32_t hash);

#endif /* MX_GROUPSIM_ROUTER_H */
