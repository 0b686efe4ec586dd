/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

/* Ports that lead to backends.  A backend whose MAC address is not known at the
 * moment may be well, and its replies come as before. */
void
view_find_ports(struct view *view, const struct view *last)
{
	view->backend_ports = 0;
	for (uint32_t i = 0; i <= MX_BACKENDS_MAX; i++) {
		const struct mx_backend *backend = &view->plan.backend[i];
		uint8_t port = VIEW_PORT_NONE;

		if (backend->used && backend->resolved)
			port = backend->port;
		else if (backend->used && last != NULL)
			port = last->backend_port[i];
		view->backend_port[i] = port;
		if (port != VIEW_PORT_NONE)
			view->backend_ports |= 1u << port;
	}
	view->reply_ports =
		view->plan.strict_ports ? view->backend_ports : UINT32_MAX;
}
