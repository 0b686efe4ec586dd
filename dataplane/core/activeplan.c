/* SPDX-License-Identifier: BSD-3-Clause */
#include "activeplan.h"

/* Ports that lead to backends.  A backend whose MAC address is not known at the
 * moment may be well, and its replies come as before. */
void
active_plan_find_ports(struct active_plan *active,
		       const struct active_plan *last)
{
	active->backend_ports = active->plan.other_ports;
	for (uint32_t i = 0; i <= MX_BACKENDS_MAX; i++) {
		const struct mx_backend *backend = &active->plan.backend[i];
		uint8_t port = ACTIVE_PORT_NONE;

		if (backend->used && backend->resolved)
			port = backend->port;
		else if (backend->used && last != NULL)
			port = last->backend_port[i];
		active->backend_port[i] = port;
		if (port != ACTIVE_PORT_NONE)
			active->backend_ports |= 1u << port;
	}
	active->reply_ports =
		active->plan.strict_ports ? active->backend_ports : UINT32_MAX;
}
