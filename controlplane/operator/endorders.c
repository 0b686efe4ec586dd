/* SPDX-License-Identifier: BSD-3-Clause */
#include "endorders.h"

#include <errno.h>
#include <string.h>

/* Do both name the same sessions, but for when these began? */
static bool
is_same(const struct mx_end_order *a, const struct mx_end_order *b)
{
	return mx_addr_equal(&a->client.addr, &b->client.addr) &&
	       a->client.bits == b->client.bits && a->port_be == b->port_be &&
	       a->some == b->some && a->denied == b->denied &&
	       memcmp(a->backend, b->backend, sizeof(a->backend)) == 0;
}

/* The row of the same sessions, or the next free one. */
static uint16_t
find(const struct end_orders *orders, const struct mx_end_order *order)
{
	uint16_t i = 0;

	while (i < orders->count && !is_same(&orders->row[i], order))
		i++;
	return i;
}

bool
end_orders_has_room(const struct end_orders *orders,
		    const struct mx_end_order *order)
{
	return find(orders, order) < MX_END_ORDERS_MAX;
}

int
end_orders_add(struct end_orders *orders, const struct mx_end_order *order)
{
	const uint16_t i = find(orders, order);

	if (i == MX_END_ORDERS_MAX)
		return -ENOSPC;
	if (i < orders->count && orders->row[i].ended_s > order->ended_s)
		return 0;
	orders->row[i] = *order;
	orders->left_s[i] = END_ORDER_S;
	if (i == orders->count)
		orders->count++;
	return 0;
}

bool
end_orders_age(struct end_orders *orders)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < orders->count; i++) {
		if (--orders->left_s[i] == 0)
			continue;
		orders->row[kept] = orders->row[i];
		orders->left_s[kept++] = orders->left_s[i];
	}
	const bool any = kept < orders->count;
	orders->count = kept;
	return any;
}

void
end_orders_recall(struct end_orders *orders, const struct mx_plan *plan,
		  uint32_t now_s)
{
	for (uint16_t i = 0; i < plan->end_orders && i < MX_END_ORDERS_MAX; i++)
		if (plan->end_order[i].ended_s <= now_s)
			end_orders_add(orders, &plan->end_order[i]);
}
