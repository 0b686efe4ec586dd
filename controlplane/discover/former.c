/* SPDX-License-Identifier: BSD-3-Clause */
#include "former.h"

#include <string.h>

uint16_t
former_add(const struct state *state, const struct mx_config_pool *pool,
	   struct membership *m)
{
	const struct mx_config_pool *before =
		mx_config_find_pool(state->config, pool->name);
	uint16_t added = 0;

	if (before == NULL || pool->backend_count > 0)
		return 0;
	for (uint16_t i = 0; i < before->backend_count; i++) {
		const struct mx_config_backend *backend = &before->backend[i];

		if (m->count == MEMBERSHIP_MAX ||
		    backend->address.port_be != htons(pool->discover.port) ||
		    membership_has(m, &backend->address.addr))
			continue;
		struct member *member = &m->member[m->count++];
		*member = (struct member){.addr = backend->address.addr,
					  .preference = backend->tier,
					  .former = true};
		strcpy(member->host, backend->name);
		added++;
	}
	return added;
}
