/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of the agents of pools. */
#include <arpa/inet.h>

#include "checks.h"

void
config_check_agents(struct config_tree *tree)
{
	struct mx_config *config = tree->config;

	for (uint16_t p = 0; p < config->pool_count; p++) {
		struct mx_config_pool *pool = &config->pool[p];

		/* The key alone means the usual port. */
		if (config_said(tree, &pool->agent) && pool->agent.port == 0)
			pool->agent.port = MX_AGENT_PORT;
		for (uint16_t i = 0;
		     i < pool->backend_count && pool->agent.port != 0; i++)
			if (pool->backend[i].address.port_be ==
			    htons(pool->agent.port))
				config_error(
					tree, config_line(tree, &pool->agent),
					"agent: expected another port than "
					"that of the MTA, as backend %s has "
					"%u too",
					pool->backend[i].name,
					pool->agent.port);
	}
}
