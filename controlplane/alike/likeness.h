/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIKENESS_H
#define MX_LIKENESS_H

/* Which pools have MTAs that are not alike (alike.h).
 *
 * Only MTAs that are up are compared.  A pool is compared anew when one of them
 * says something new.  A change is one event, at most one a minute for a pool:
 * an MTA that says something else each time does not fill the log.
 *
 * Threads    the event loop. */
#include "alike.h"
#include "state.h"

#define LIKENESS_TELL_S 60

struct likeness {
	char pool[MX_NAME_MAX]; /* whose it is; empty: nobody's yet */
	uint64_t mark;          /* of all that was compared */
	struct alike alike;
	uint64_t
		told; /* a mark of the differences of the last event; 0: none */
	bool was_told; /* there has been an event */
	int64_t told_s;
};

struct likenesses {
	struct likeness pool[MX_POOLS_MAX]; /* by index of the configuration */
};

/* Compare what is new.  now_s: CLOCK_MONOTONIC. */
void likenesses_look(struct likenesses *likenesses, const struct state *state,
		     int64_t now_s);

/* What is known of the pool with this index and name.  The result is empty until
 * it has been looked at. */
const struct alike *likenesses_of(const struct likenesses *likenesses,
				  uint16_t index, const char *pool);

#endif /* MX_LIKENESS_H */
