/* SPDX-License-Identifier: BSD-3-Clause */
#include "allows.h"

#include "prefix.h"

/* The first bit of an IPv4 address in ::ffff:a.b.c.d. */
#define IPV4_FIRST_BIT 96

bool
allows_add(struct mx_plan *plan, const struct mx_config_clients *clients,
	   struct mx_client_limits *limits)
{
	limits->allow_first = plan->allows;
	for (uint16_t i = 0; i < clients->allow_count; i++) {
		const struct mx_config_prefix prefix =
			mx_prefix_trim(&clients->allow[i]);
		const bool is4 = mx_addr_is4(&prefix.addr);

		if (plan->allows == MX_ALLOWS_MAX)
			return false;
		plan->allow[plan->allows++] = (struct mx_prefix){
			.addr = prefix.addr,
			.bits = (uint8_t)(prefix.bits +
					  (is4 ? IPV4_FIRST_BIT : 0)),
		};
	}
	limits->allow_count = clients->allow_count;
	return true;
}
