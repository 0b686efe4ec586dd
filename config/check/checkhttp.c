/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of the HTTP server's address. */
#include <arpa/inet.h>

#include "checks.h"
#include "lint.h"

/* The first port that any user may listen on (Linux: ip_unprivileged_port_start,
 * by default). */
#define PORT_MIN 1024

void
config_check_http(struct config_tree *tree)
{
	const struct mx_config_http *http = &tree->config->http;
	const uint32_t line = config_line(tree, &http->listen);
	const uint16_t port = ntohs(http->listen.port_be);
	char text[MX_ENDPOINT_TEXT_MAX];

	if (port == 0)
		return;
	if (port < PORT_MIN)
		config_error(tree, line,
			     "listen: expected a port from %u on, as the "
			     "control plane has no right to others, found %u",
			     PORT_MIN, port);
	if (!mx_addr_is_loopback(&http->listen.addr))
		lint_warn(tree, LINT_HTTP_OPEN, line,
			  "listen: with %s each host that reaches this "
			  "address can read the state of services and "
			  "MTAs, without TLS and without a password; "
			  "expected 127.0.0.1, or a packet filter",
			  mx_endpoint_format(&http->listen, text));
}
