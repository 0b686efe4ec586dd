/* SPDX-License-Identifier: BSD-3-Clause */
/* The direction of services: what it means for the defaults of a service and of its
 * pool, and settings that do not fit it.
 *
 *   inbound   mail of strangers, from any host, to the site's own users
 *   outbound  mail of the site's own hosts and users, to any host
 *   both      one service for both: nothing is taken for granted
 *
 * A service on ports of submission alone is outbound by default, others are
 * inbound.
 *
 * Outbound MTAs greet at once: they have no postscreen, which tests strangers.  So
 * a check, and a client, need not wait as long for the greeting. */
#include <arpa/inet.h>

#include "checks.h"
#include "lint.h"

/* The defaults where all clients are the site's own. */
#define OUTBOUND_CHECK_MS 8000
#define OUTBOUND_PATIENCE_MS 8000

#define SUBMISSION_PORT 587 /* RFC 6409 */

bool
config_is_outbound(const struct mx_config *config, uint16_t pool)
{
	bool outbound = true;

	for (uint16_t i = 0; i < config->service_count; i++)
		if (config->service[i].pool == pool)
			outbound &= config->service[i].direction ==
				    MX_DIRECTION_OUTBOUND;
	return outbound;
}

bool
config_is_submission_port(uint16_t port)
{
	return port == SUBMISSION_PORT || port == MX_IMPLICIT_TLS_PORT;
}

/* A service that takes mail of users alone is outbound, unless the file says
 * otherwise. */
static void
fill_direction(struct config_tree *tree, struct mx_config_service *s)
{
	bool submission = true;

	for (uint16_t i = 0; i < s->vip_count; i++)
		submission &=
			config_is_submission_port(ntohs(s->vip[i].port_be));
	if (submission && !config_said(tree, &s->direction))
		s->direction = MX_DIRECTION_OUTBOUND;
}

static void
fill_defaults(struct config_tree *tree)
{
	struct mx_config *config = tree->config;

	for (uint16_t i = 0; i < config->service_count; i++)
		fill_direction(tree, &config->service[i]);
	for (uint16_t p = 0; p < config->pool_count; p++) {
		uint32_t *timeout = &config->pool[p].check.timeout_ms;

		if (config_is_outbound(config, p) &&
		    !config_said(tree, timeout))
			*timeout = OUTBOUND_CHECK_MS;
	}
	for (uint16_t i = 0; i < config->service_count; i++) {
		struct mx_config_service *s = &config->service[i];

		if (s->direction == MX_DIRECTION_OUTBOUND &&
		    !config_said(tree, &s->patience_ms))
			s->patience_ms = OUTBOUND_PATIENCE_MS;
		/* A relay of others judges the addresses that it sees. */
		if (s->direction == MX_DIRECTION_OUTBOUND &&
		    s->forward == MX_FORWARD_FULLNAT &&
		    !config_said(tree, &s->snat_by))
			s->snat_by = MX_SNAT_BY_BACKEND;
	}
}

static void
warn_inbound(struct config_tree *tree, const struct mx_config_service *s)
{
	for (uint16_t i = 0; i < s->vip_count; i++) {
		const uint16_t port = ntohs(s->vip[i].port_be);

		if (config_is_submission_port(port))
			lint_warn(tree, LINT_DIRECTION,
				  config_line(tree, &s->direction),
				  "direction: expected outbound, as port "
				  "%u of service %s takes the mail of its "
				  "own users (RFC 6409, RFC 8314)",
				  port, s->name);
	}
}

/* These keys are meant for strangers.  They cost one's own hosts and users time
 * or mail. */
static void
warn_outbound(struct config_tree *tree, const struct mx_config_service *s)
{
	const struct {
		const char *key;
		const void *where;
		bool used;
	} for_strangers[] = {
		{"early-talkers", &s->early,
		 s->early == MX_EARLY_REFUSE || s->early == MX_EARLY_DELAY},
		{"greeting-delay", &s->delay_ms, s->delay_ms > 0},
	};

	for (size_t i = 0; i < sizeof(for_strangers) / sizeof(for_strangers[0]);
	     i++)
		if (for_strangers[i].used)
			lint_warn(
				tree, LINT_STRANGERS,
				config_line_in(tree, for_strangers[i].where, s),
				"%s: expected it only with direction: "
				"inbound: it tests strangers, and the "
				"clients of service %s are the site's "
				"own",
				for_strangers[i].key, s->name);
}

void
config_check_directions(struct config_tree *tree)
{
	fill_defaults(tree);
	for (uint16_t i = 0; i < tree->config->service_count; i++) {
		const struct mx_config_service *s = &tree->config->service[i];

		if (!config_said(tree, &s->direction))
			continue;
		if (s->direction == MX_DIRECTION_INBOUND)
			warn_inbound(tree, s);
		else if (s->direction == MX_DIRECTION_OUTBOUND)
			warn_outbound(tree, s);
	}
}
