/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDORDERS_H
#define MX_ENDORDERS_H

/* Orders of the operator to end the sessions of clients, as the plan has them
 * (struct mx_end_order).
 *
 * An order is about the sessions that began until its time, so it does nothing
 * more once they have ended.  Then it gives its row up: END_ORDER_S later, of
 * seconds in which the data plane had it.  A data plane that is away meanwhile
 * carries it out when it comes back.  The plan remembers the orders of a control
 * plane that was killed.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/* Workers look for silent clients for a minute, and these have half a minute to
 * answer; see dataplane/answer/reset.h. */
#define END_ORDER_S 120

/* All zero: there are none. */
struct end_orders {
	uint16_t count;
	struct mx_end_order row[MX_END_ORDERS_MAX];
	uint16_t left_s[MX_END_ORDERS_MAX];
};

/* Add an order, in place of one about the same sessions.  Returns 0; or -ENOSPC:
 * all rows are in use. */
int end_orders_add(struct end_orders *orders, const struct mx_end_order *order);

/* Would end_orders_add() find a row? */
bool end_orders_has_room(const struct end_orders *orders,
			 const struct mx_end_order *order);

/* Another second has passed, with these orders in force.  Returns true if an
 * order gave up its row. */
bool end_orders_age(struct end_orders *orders);

/* Take up the orders of a plan.  One whose time is in the future is of another
 * clock, and is ignored. */
void end_orders_recall(struct end_orders *orders, const struct mx_plan *plan,
		       uint32_t now_s);

#endif /* MX_ENDORDERS_H */
