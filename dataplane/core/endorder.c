/* SPDX-License-Identifier: BSD-3-Clause */
#include "endorder.h"

static bool
names_client(const struct mx_end_order *order, const struct mx_addr *client)
{
	const struct mx_addr first = mx_addr_first(client, order->client.bits);

	return mx_addr_is4(client) == mx_addr_is4(&order->client.addr) &&
	       mx_addr_equal(&first, &order->client.addr);
}

bool
end_order_has(const struct active_plan *active,
	      const struct session_table *table, const struct mx_session *s)
{
	const struct mx_plan *plan = &active->plan;

	if (s->opened_s <= plan->backend[s->backend].ended_s)
		return true;
	if (plan->end_orders == 0)
		return false;
	const struct mx_addr client = session_ends(table, s).client;
	for (uint16_t i = 0; i < plan->end_orders; i++) {
		const struct mx_end_order *order = &plan->end_order[i];

		if (s->opened_s <= order->ended_s &&
		    (order->port_be == 0 ||
		     order->port_be == s->client_port_be) &&
		    mx_end_order_names(order, s->backend) &&
		    names_client(order, &client))
			return true;
	}
	return false;
}
