/* SPDX-License-Identifier: BSD-3-Clause */
#include "endorder.h"

#include <rte_common.h>

#include "denylist.h"

static __rte_always_inline bool
names_client(const struct mx_end_order *order, const struct mx_addr *client)
{
	const struct mx_addr first = mx_addr_first(client, order->client.bits);

	return mx_addr_is4(client) == mx_addr_is4(&order->client.addr) &&
	       mx_addr_equal(&first, &order->client.addr);
}

/* Of whom a session must be, so that the orders that name it end it. */
enum whose {
	OF_NOBODY,
	OF_DENIED,
	OF_ALL,
};

/* The loop calls nothing, as each packet asks for each order. */
static __rte_always_inline enum whose
find_order(const struct mx_plan *plan, const struct mx_session *s,
	   const struct mx_addr *client)
{
	enum whose whose = OF_NOBODY;

	for (uint16_t i = 0; i < plan->end_orders; i++) {
		const struct mx_end_order *order = &plan->end_order[i];

		if (s->opened_s <= order->ended_s &&
		    (order->port_be == 0 ||
		     order->port_be == s->client_port_be) &&
		    mx_end_order_names(order, s->backend) &&
		    names_client(order, client)) {
			if (!order->denied)
				return OF_ALL;
			whose = OF_DENIED;
		}
	}
	return whose;
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
	const enum whose whose = find_order(plan, s, &client);

	return whose == OF_ALL ||
	       (whose == OF_DENIED && active->rules != NULL &&
		mx_deny_find(active->rules, &client) == MX_DENY_DENIED);
}

/* The same without the table of rules. */
static bool
is_denied_by_row(const struct mx_plan *plan, const struct mx_addr *client)
{
	const struct mx_deny_key at = mx_deny_key_of(client);
	const struct mx_deny_rule *longest = NULL;

	for (uint16_t i = 0; i < plan->deny_rules && i < MX_DENY_RULES_MAX;
	     i++) {
		const struct mx_deny_rule *rule = &plan->deny_rule[i];

		if (longest != NULL && rule->bits <= longest->bits)
			continue;
		const struct mx_deny_key key = mx_deny_key_of(&rule->addr);
		if (mx_deny_covers(&key, rule->bits, &at))
			longest = rule;
	}
	return longest != NULL && longest->denied;
}

bool
end_order_had(const struct mx_plan *plan, const struct session_table *table,
	      const struct mx_session *s)
{
	if (s->opened_s <= plan->backend[s->backend].ended_s)
		return true;
	if (plan->end_orders == 0)
		return false;
	const struct mx_addr client = session_ends(table, s).client;
	const enum whose whose = find_order(plan, s, &client);

	return whose == OF_ALL ||
	       (whose == OF_DENIED && is_denied_by_row(plan, &client));
}
