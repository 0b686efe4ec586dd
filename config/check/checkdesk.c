/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of what is for operators (deskconfig.h): the HTTP server's address, and the
 * log of sessions. */
#include <arpa/inet.h>
#include <string.h>

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

static bool
has_service(const struct mx_config *config, const char *name)
{
	for (uint16_t i = 0; i < config->service_count; i++)
		if (strcmp(config->service[i].name, name) == 0)
			return true;
	return false;
}

void
config_check_log(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;
	const struct mx_config_log *log = &config->log;
	const uint32_t line = config_line(tree, log);

	for (uint16_t i = 0; i < log->service_count; i++)
		if (!has_service(config, log->service[i]))
			config_error(tree, line,
				     "log: services: expected names of "
				     "services, found %s, which is none",
				     log->service[i]);
	if (log->sessions == LOGSHEET_JOURNALD && log->only == LOGSHEET_ALL &&
	    log->lines != LOGSHEET_CHANGES)
		lint_warn(tree, LINT_JOURNALD, line,
			  "log: sessions: journald keeps no more than 10,000 "
			  "lines in 30 s; others are counted and lost: say "
			  "sessions: file, or only: failed");
	if (log->service_count > 0 && log->sessions == LOGSHEET_OFF)
		config_error(tree, line,
			     "log: services: expected sessions as well, such "
			     "as sessions: file: without it no session has a "
			     "line");
}
