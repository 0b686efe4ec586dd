/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_WHEEL_H
#define MX_GEN_WHEEL_H

/* The timer wheel: a list of connections for each tick (about a millisecond).
 *
 * A timer that is put off stays where it is, and is put where it belongs when
 * its old time comes: a session that goes well moves once in its life.  So the
 * wheel only says "look again"; what is due, the connection knows.
 *
 * Shape      16384 lists, 64 KB; what lies further ahead goes round again. */
#include "conn.h"

#define WHEEL_SLOTS 16384u

struct wheel {
	uint32_t tick; /* all before it, and it, are done */
	uint32_t slot[WHEEL_SLOTS];
};

/* Look at that connection again at `due`, or before; it lies in the wheel, if
 * at all, for a later time. */
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

/* The next connection whose time has come by `now`, taken out, or NULL. */
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
