/* SPDX-License-Identifier: BSD-3-Clause */
#include "vip.h"

#include <errno.h>

int
mx_vip_add(struct mx_vip_table *table, const struct mx_vip *vip)
{
	const struct mx_vip *found =
		mx_vip_find(table, &vip->addr, vip->port_be);

	if (found->kind != MX_OWNED_NOT)
		return -EEXIST;
	if (table->count >= MX_OWNED_MAX)
		return -ENOSPC;

	table->slot[found - table->slot] = *vip;
	table->count++;
	return 0;
}
