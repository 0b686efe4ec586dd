/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_WHEEL_H
#define MX_GEN_WHEEL_H

/* The timer wheel: a list of connections for each tick (about a millisecond).
 *
 * A timer that is postponed stays in its list until its old time comes, and
 * then moves to its new list.  So a session without trouble moves once in its
 * life.  The wheel only says "look again"; the connection knows what is due.
 *
 * Shape      16384 lists, 64 KB; a timer further ahead goes round again. */
#include "conn.h"

#define WHEEL_SLOTS 16384u

struct wheel {
	uint32_t tick; /* this tick and all before it are done */
	uint32_t slot[WHEEL_SLOTS];
};

/* Look at that connection again at `due` or before.  If it is in the wheel,
 * then for a later time. */
static inline void
wheel_put(struct wheel *wheel, struct conn *base, struct conn *c, uint32_t due)
{
	const uint32_t index = (uint32_t)(c - base);

	if (due <= wheel->tick)
		due = wheel->tick + 1;
	if (due > wheel->tick + WHEEL_SLOTS - 1)
		due = wheel->tick + WHEEL_SLOTS - 1;
	uint32_t *slot = &wheel->slot[due % WHEEL_SLOTS];
	c->wheel_due = due;
	c->wheel_prev = CONN_NONE;
	c->wheel_next = *slot;
	if (*slot != CONN_NONE)
		base[*slot].wheel_prev = index;
	*slot = index;
}

static inline void
wheel_take(struct wheel *wheel, struct conn *base, struct conn *c)
{
	if (c->wheel_due == 0)
		return;
	if (c->wheel_prev != CONN_NONE)
		base[c->wheel_prev].wheel_next = c->wheel_next;
	else
		wheel->slot[c->wheel_due % WHEEL_SLOTS] = c->wheel_next;
	if (c->wheel_next != CONN_NONE)
		base[c->wheel_next].wheel_prev = c->wheel_prev;
	c->wheel_due = 0;
}

/* Take the next connection whose time has come by `now`, or NULL. */
static inline struct conn *
wheel_next(struct wheel *wheel, struct conn *base, uint32_t now)
{
	for (; wheel->tick < now; wheel->tick++) {
		const uint32_t index =
			wheel->slot[(wheel->tick + 1) % WHEEL_SLOTS];

		if (index == CONN_NONE)
			continue;
		wheel_take(wheel, base, &base[index]);
		return &base[index];
	}
	return NULL;
}

#endif /* MX_GEN_WHEEL_H */
