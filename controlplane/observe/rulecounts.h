/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RULECOUNTS_H
#define MX_RULECOUNTS_H

/* How many SYNs each rule of `deny` refused, whatever starts anew: see slotcount.h
 *
 *   a new rule      gets the free slot that was given up the longest ago, and begins
 *                   at the slot's counter, before a plan names both
 *   each second     the counters are read; what is shown is what was read, so no
 *                   end of a data plane takes it back
 *   a data plane    that has started: what the one before counted is kept
 *   the state file  has slots, counts and counters, and whose counters they are: one
 *                   text of one moment, so that an old one is right too
 *
 * A rule that gets the slot of one that was forgotten just now counts what the
 * workers refuse by the old plan, until they have the new one.  That takes
 * milliseconds, and happens only if nearly all slots are taken.
 *
 * Threads    the event loop. */
#include "region.h"
#include "state.h"

/* Give each rule a slot, and read the counters.  Call this before a plan is made,
 * and once a second.  region: NULL, if there is none. */
void rule_counts_look(struct state *state, const struct mx_region *region);

#endif /* MX_RULECOUNTS_H */
